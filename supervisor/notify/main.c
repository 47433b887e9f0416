/*
 * exacheck-notify: tells people what happens. Invariant: it is confined before it reads a line that is not its setup.
 */
#include <bsd/unistd.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../common/walltime.h"
#include "../helpers/birth.h"
#include "../helpers/intake.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "courier_cage.h"
#include "dispatch.h"
#include "line.h"
#include "orders.h"

#define NICE 5
#define BYE_NS (900 * NS_PER_MILLISECOND) /* exacheck waits for its end, and listens, but not for longer */
#define LEAVE_NS (30 * NS_PER_SECOND)	  /* nobody waits */
#define LEAVE_HEARD_NS (700 * NS_PER_MILLISECOND)
#define FAREWELL_S 35			  /* above it */
#define DOUBT_NS (200 * NS_PER_MILLISECOND) /* a process that ends has closed everything before it is gone */

struct notify {
	struct birth birth;
	struct orders orders;
	struct dispatch *dispatch;
	struct event *doubt;
	bool ending;
};

static void
end_begin(struct notify *notify, int64_t heard_ns, int64_t limit_ns)
{
	notify->ending = true;
	dispatch_end(notify->dispatch, heard_ns, limit_ns);
}

static void
notice_seen(struct notify *notify, struct line *line)
{
	dispatch_notice(notify->dispatch, line->notice);
	notice_release(line->notice);
}

static void
lost_seen(struct notify *notify, struct line *line)
{
	dispatch_lost(notify->dispatch, line->count);
}

static void
test_seen(struct notify *notify, struct line *line)
{
	dispatch_test(notify->dispatch, line->id, line->target);
	free(line->target);
}

static void
bye_seen(struct notify *notify, struct line *line)
{
	(void)line;
	end_begin(notify, BYE_NS, BYE_NS);
}

static void
leave_seen(struct notify *notify, struct line *line)
{
	(void)line;
	end_begin(notify, LEAVE_HEARD_NS, LEAVE_NS);
}

static void
line_seen(void *context, const char *text, size_t length)
{
	static void (*const seen[LINE_TYPES])(struct notify *, struct line *) = {
		[LINE_NOTICE] = notice_seen,
		[LINE_LOST] = lost_seen,
		[LINE_TEST] = test_seen,
		[LINE_BYE] = bye_seen,
		[LINE_LEAVE] = leave_seen,
	};
	struct notify *notify = context;
	char error[NOTICE_ERROR_SIZE];
	struct line line;

	if (notify->ending)
		return;
	if (line_read(text, length, &line, error)) {
		seen[line.type](notify, &line);
		return;
	}
	/* what it was is not known, but that it was something is not kept from anybody */
	report_problem("cannot make sense of what exacheck says: %s", error);
	dispatch_lost(notify->dispatch, 1);
}

static void
lines_paused(void *context)
{
	struct notify *notify = context;

	dispatch_pause(notify->dispatch);
}

/* It is exacheck itself that people are told of. */
static void
exacheck_gone(struct notify *notify)
{
	struct notice *notice;
	char text[128];

	snprintf(text, sizeof(text),
	    "exacheck (process %lld) ended without a word: it crashed, was killed, or its watchdog ended it",
	    (long long)notify->orders.pid);
	notice = notice_own(LOG_LEVEL_ERROR, LOG_FAULT_CRASH, walltime_now_us(), text);
	if (notice != NULL) {
		notice->fatal = true;
		dispatch_notice(notify->dispatch, notice);
		notice_release(notice);
	}
	end_begin(notify, 0, LEAVE_NS);
}

/* An exacheck that lives has left us, and there was no room to say so. */
static void
doubt_over(evutil_socket_t fd, short what, void *context)
{
	struct notify *notify = context;

	(void)fd;
	(void)what;
	if (getppid() == notify->orders.pid)
		end_begin(notify, 0, LEAVE_NS);
	else
		exacheck_gone(notify);
}

/* Without a bye before. */
static void
lines_ended(void *context)
{
	struct notify *notify = context;

	if (!notify->ending)
		timer_arm(notify->doubt, DOUBT_NS);
}

/* Everything that is done with rights that are given up here. */
static void
notify_confine(struct notify *notify, char report[static REPORT_SIZE])
{
	struct cage cage = {.identity = notify->birth.identity, .farewell_s = FAREWELL_S};
	char error[COURIER_CAGE_ERROR_SIZE];

	tzset();
	if (!courier_cage_prepare(&cage, dispatch_needs_apprise(notify->dispatch), error))
		report_fatal("%s", error);
	if (!cage_enter(&cage, report, REPORT_SIZE))
		report_fatal("%s", report);
}

int
main(int argc, char **argv, char **envp)
{
	static struct notify notify; /* so that it is not lost at the end */
	const struct intake_calls calls = {line_seen, lines_paused, lines_ended, &notify};
	char report[REPORT_SIZE];
	const char *where = "";
	bool unsaid;

	setproctitle_init(argc, argv, envp);
	birth_begin(&notify.birth, "exacheck-notify", NICE);
	if (!orders_read(&notify.orders, notify.birth.setup, &where))
		report_fatal("exacheck does not say what is to be done: %s", where);
	if ((notify.dispatch = dispatch_new(notify.birth.base, &notify.orders)) == NULL ||
	    (notify.doubt = event_new(notify.birth.base, -1, 0, doubt_over, &notify)) == NULL)
		report_fatal("out of memory");
	json_decref(notify.birth.setup);
	orders_forget_secrets(&notify.orders);
	notify_confine(&notify, report);
	if (!intake_begin(notify.birth.intake, notify.birth.base, &calls))
		report_fatal("out of memory");
	report_ready("%zu target%s; sandbox %s", notify.orders.target_count + (notify.orders.dsn != NULL),
	    notify.orders.target_count + (notify.orders.dsn != NULL) == 1 ? "" : "s", report);
	event_base_dispatch(notify.birth.base);
	unsaid = dispatch_unsaid(notify.dispatch) > 0;
	dispatch_free(notify.dispatch);
	/* if exacheck is still there, it says so for us */
	_exit(unsaid ? EXIT_FAILURE : EXIT_SUCCESS);
}
