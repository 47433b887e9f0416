/*
 * Talking to helpers. Invariant: nothing is made to be said while what was said before has not been taken; and whatever
 * one says beyond its words ends it.
 */
#include "helper_internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"

void
helper_close(struct helper *helper)
{
	bool open = helper->pipe.fd != -1;
	size_t unsent = helper_pipe_close(&helper->pipe);

	if (open && helper->kind->gone != NULL)
		helper->kind->gone(helper->context, unsent);
}

void
helper_end(struct helper *helper)
{
	if (!helper->kind->events || !helper_pipe_end(&helper->pipe))
		helper_close(helper);
	helper->phase = HELPER_ENDING;
	helper->due = monotime_add(monotime_now(), HELPER_END_WAIT_NS);
	loop_arm(helper->timer, HELPER_END_WAIT_NS);
}

void
helper_kill(struct helper *helper)
{
	if (helper->pid > 0)
		kill(helper->pid, SIGKILL); /* not reaped yet, so the number is still its own */
	helper->lost = true;
	helper_close(helper);
	helper_end(helper);
}

/* There is nothing left but the last line. */
static void
helper_part(struct helper *helper)
{
	if (helper->farewell != NULL) {
		if (helper->kind->gone != NULL)
			helper->kind->gone(helper->context, 0);
		if (evbuffer_add(helper->pipe.out, helper->farewell, strlen(helper->farewell)) == -1) {
			loop_arm(helper->timer, HELPER_RETRY_NS);
			return;
		}
		helper->farewell = NULL;
	}
	if (helper_pipe_flush(&helper->pipe) || helper->pipe.deaf)
		helper_end(helper);
	else {
		loop_watch(helper->pipe.writable);
		loop_arm(helper->timer, HELPER_PIPE_STUCK_NS);
	}
}

void
helper_tell(struct helper *helper)
{
	monotime_t now = monotime_now(), next;

	if (helper->phase == HELPER_FINISHING && helper->farewell == NULL) {
		helper_part(helper);
		return;
	}
	if (helper_pipe_flush(&helper->pipe)) {
		next = helper->kind->tell(helper->context, helper->pipe.out, now);
		if (helper_pipe_flush(&helper->pipe)) {
			int64_t left_ns = monotime_left(next, now);

			if (helper->phase == HELPER_FINISHING && left_ns > 0)
				helper_part(helper);
			else
				loop_arm(helper->timer, left_ns < HELPER_PIPE_STUCK_NS ? left_ns : HELPER_PIPE_STUCK_NS);
			return;
		}
	}
	if (!helper->pipe.deaf)
		loop_watch(helper->pipe.writable);
	loop_arm(helper->timer, HELPER_PIPE_STUCK_NS);
}

static void
helper_writable(evutil_socket_t fd, short what, void *context)
{
	struct helper *helper = context;

	(void)fd;
	(void)what;
	if (helper->phase == HELPER_RUNNING || helper->phase == HELPER_FINISHING)
		helper_tell(helper);
}

void
helper_hear(struct helper *helper)
{
	const struct helper_listener listener = {helper->kind->name, helper->kind->subsystem, helper->kind->hear,
	    helper->context};

	switch (helper_words_read(&helper->words, helper->pipe.fd, &listener)) {
	case HELPER_WORDS_NONE:
		return;
	case HELPER_WORDS_CLOSED:
		if (helper->phase == HELPER_ENDING)
			event_del(helper->pipe.readable);
		else
			helper_kill(helper); /* it is gone, or as good as that */
		return;
	case HELPER_WORDS_BAD:
		HELPER_SAY(helper, LOG_LEVEL_ERROR, LOG_FAULT_PROTOCOL, 0, "%s, pid %d, says what it never should: it is killed",
		    helper->kind->name, (int)helper->pid);
		helper_kill(helper);
		return;
	}
}

static void
helper_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	helper_hear(context);
}

int
helper_connect(struct helper *helper)
{
	const struct helper_pipe_calls calls = {helper_readable, helper_writable, helper};
	int theirs = helper_pipe_open(&helper->pipe, helper->base, &calls);

	if (theirs == -1 || evbuffer_add(helper->pipe.out, helper->setup, strlen(helper->setup)) == 0)
		return theirs;
	helper_close(helper);
	close(theirs);
	errno = ENOMEM;
	return -1;
}

void
helper_finish(struct helper *helper, const char *farewell)
{
	helper->phase = HELPER_FINISHING;
	helper->farewell = farewell;
	helper_tell(helper);
}
