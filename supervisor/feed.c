/*
 * exacheck-web's life, and the pipe to it. Invariant: nothing is made to be said while it has not taken what was said
 * before; and whatever it says beyond a few words ends it.
 */
#include "feed.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/backoff.h"
#include "../common/log.h"
#include "checks.h"
#include "child.h"
#include "config.h"
#include "feed_lines.h"
#include "launcher.h"
#include "loop.h"
#include "ratelimit.h"

#define NAME "exacheck-web"
#define END_WAIT_NS (1 * NS_PER_SECOND) /* after being told to end, before it is killed */
#define STUCK_NS (30 * NS_PER_SECOND) /* that it may not have taken all that it was told */
#define RETRY_NS (1 * NS_PER_SECOND)
/* Words of its own, as report.h of it has them */
#define WORDS_MAX 200 /* bytes a line */
#define WORDS_BURST 20
#define WORDS_A_SECOND 1

enum feed_phase {
	FEED_OFF,	/* there is nothing to do */
	FEED_WAITING,	/* for the time of the next start */
	FEED_LAUNCHING,
	FEED_RUNNING,
	FEED_ENDING,	/* it was told, or made, to end, and is not reaped */
	FEED_STOPPED,	/* the same, and there will be no other */
};

struct feed {
	struct event_base *base;
	struct checks *checks;
	const struct view *view;
	const struct identity *identity;
	struct launcher *launcher;
	enum feed_phase phase;
	char *setup; /* its first line, by the configuration in force; NULL: there is nothing to do */
	bool stale;  /* it is not known, for want of memory */
	uint32_t launch;
	pid_t pid; /* 0: none */
	bool lost; /* nobody wanted its end */
	int fd;	   /* -1: none */
	struct event *timer, *readable, *writable; /* the last two are there while fd is */
	struct evbuffer *out;
	struct feed_lines lines;
	struct backoff backoff;
	monotime_t taken; /* when it had taken everything that was said */
	monotime_t due; /* the next start, or when it is killed */
	char words[WORDS_MAX + 1]; /* the beginning of a line of its own */
	size_t words_length;
	struct ratelimit words_rate;
};

/* The connection. */

static void
feed_close(struct feed *feed)
{
	if (feed->readable != NULL)
		event_free(feed->readable);
	if (feed->writable != NULL)
		event_free(feed->writable);
	feed->readable = feed->writable = NULL;
	if (feed->fd != -1)
		close(feed->fd);
	feed->fd = -1;
	feed->words_length = 0;
	evbuffer_drain(feed->out, evbuffer_get_length(feed->out));
}

/* It sees the end of what it is told, and is killed if it does not end by itself. */
static void
feed_end(struct feed *feed, enum feed_phase phase)
{
	feed_close(feed);
	feed->phase = phase;
	feed->due = monotime_add(monotime_now(), END_WAIT_NS);
	loop_arm(feed->timer, END_WAIT_NS);
}

static void
feed_kill(struct feed *feed)
{
	if (feed->pid > 0)
		kill(feed->pid, SIGKILL); /* not reaped yet, so the number is still its own */
	feed->lost = true;
	feed_end(feed, FEED_ENDING);
}

static void
feed_wait(struct feed *feed, monotime_t until)
{
	feed->phase = FEED_WAITING;
	feed->due = until;
	loop_arm(feed->timer, monotime_left(until, monotime_now()));
}

/* Say it. Returns false when something is left to be said. */
static bool
feed_flush(struct feed *feed)
{
	if (evbuffer_get_length(feed->out) > 0 && evbuffer_write(feed->out, feed->fd) == -1 && errno != EAGAIN)
		evbuffer_drain(feed->out, evbuffer_get_length(feed->out)); /* that it is gone is seen by reading */
	return evbuffer_get_length(feed->out) == 0;
}

static void
feed_tell(struct feed *feed)
{
	monotime_t now = monotime_now(), next;

	if (feed_flush(feed)) {
		next = feed_lines_write(&feed->lines, feed->out, now);
		if (feed_flush(feed)) {
			loop_arm(feed->timer, monotime_left(next, now));
			return;
		}
	}
	loop_watch(feed->writable);
	loop_arm(feed->timer, STUCK_NS);
}

/* Whether it has taken everything at some time that is not too long ago. */
static bool
feed_listens(struct feed *feed)
{
	int unread = 0;

	if (evbuffer_get_length(feed->out) == 0 && ioctl(feed->fd, SIOCOUTQ, &unread) == 0 && unread == 0)
		feed->taken = monotime_now();
	return monotime_sub(monotime_now(), feed->taken) < STUCK_NS;
}

static void
feed_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	feed_tell(context);
}

/* What it says. */

/* False: these are no words of its. */
static bool
words_heard(struct feed *feed, const char *line)
{
	static const struct {
		const char *before;
		enum log_level level;
	} kinds[] = {{"ready: ", LOG_LEVEL_INFO}, {"problem: ", LOG_LEVEL_ERROR}};

	for (const char *c = line; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(line, kinds[i].before, strlen(kinds[i].before)) != 0)
			continue;
		if (!ratelimit_take(&feed->words_rate, monotime_now()))
			return false;
		log_line(kinds[i].level, NULL, NAME ": %s", kinds[i].level == LOG_LEVEL_INFO ? line :
		    line + strlen(kinds[i].before));
		return true;
	}
	return false;
}

/* Lines of what has come by now. */
static bool
words_read(struct feed *feed)
{
	char *newline;

	while ((newline = memchr(feed->words, '\n', feed->words_length)) != NULL) {
		size_t length = (size_t)(newline - feed->words) + 1;

		*newline = '\0';
		if (strlen(feed->words) != length - 1 || !words_heard(feed, feed->words))
			return false;
		feed->words_length -= length;
		memmove(feed->words, newline + 1, feed->words_length);
	}
	return feed->words_length < sizeof(feed->words);
}

static void
feed_readable(evutil_socket_t fd, short what, void *context)
{
	struct feed *feed = context;
	ssize_t got = read(fd, feed->words + feed->words_length, sizeof(feed->words) - feed->words_length);

	(void)what;
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		feed_kill(feed); /* it is gone, or as good as that */
		return;
	}
	feed->words_length += (size_t)got;
	if (words_read(feed))
		return;
	log_errorx(NAME ", pid %d, says what it never should: it is killed", (int)feed->pid);
	feed_kill(feed);
}

/* Its life. */

/* There is no process any more. */
static void
feed_ended(struct feed *feed, bool unexpected)
{
	enum feed_phase phase = feed->phase;
	monotime_t next;

	if (feed->fd != -1)
		feed_readable(feed->fd, EV_READ, feed); /* its last words */
	feed_close(feed);
	next = backoff_ended(&feed->backoff, monotime_now());
	if (unexpected)
		log_warnx(NAME " ended; another is started %s", monotime_before(monotime_now(), next) ? "soon" : "now");
	if (phase == FEED_STOPPED)
		feed->phase = phase;
	else
		feed_wait(feed, next);
}

static void
feed_launched(void *context, pid_t pid, int error)
{
	struct feed *feed = context;

	feed->launch = 0;
	feed->pid = pid;
	if (pid > 0) {
		log_debug("started " NAME ", pid %d", (int)pid);
		backoff_started(&feed->backoff, monotime_now());
		if (feed->phase != FEED_LAUNCHING)
			return; /* it is not wanted any more, and sees that */
		if (event_add(feed->readable, NULL) == 0) {
			feed->phase = FEED_RUNNING;
			feed->taken = monotime_now();
			feed_tell(feed);
		} else
			feed_kill(feed);
		return;
	}
	if (error != ECHILD)
		log_errorx("cannot start " NAME ": %s", error == EINVAL ? "what starts programs is of a former version, and "
		    "does not know it: restart exacheck" : strerror(error));
	feed_ended(feed, error == ECHILD); /* as soon as it was started */
}

/* Its end of the socket is the result, -1 with errno. */
static int
feed_connect(struct feed *feed)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return -1;
	feed->fd = fds[0];
	errno = ENOMEM;
	feed->readable = event_new(feed->base, fds[0], EV_READ | EV_PERSIST, feed_readable, feed);
	feed->writable = event_new(feed->base, fds[0], EV_WRITE, feed_writable, feed);
	if (feed->readable != NULL && feed->writable != NULL && event_priority_set(feed->readable, LOOP_LAST) == 0 &&
	    event_priority_set(feed->writable, LOOP_LAST) == 0 &&
	    fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK) != -1 &&
	    evbuffer_add(feed->out, feed->setup, strlen(feed->setup)) == 0)
		return fds[1];
	feed_close(feed);
	close(fds[1]);
	return -1;
}

static void
feed_launch(struct feed *feed)
{
	int theirs = feed_connect(feed);

	if (theirs != -1)
		feed->launch = launcher_request(feed->launcher, LAUNCHER_WEB, (enum sandbox_level)feed->identity->sandbox, theirs,
		    feed_launched, feed);
	if (feed->launch == 0) {
		log_error("cannot start " NAME);
		feed_close(feed);
		feed_wait(feed, backoff_ended(&feed->backoff, monotime_now()));
	} else {
		feed->phase = FEED_LAUNCHING;
		feed->lost = false;
		ratelimit_init(&feed->words_rate, WORDS_BURST, WORDS_A_SECOND);
		feed_lines_begin(&feed->lines);
	}
	if (theirs != -1)
		close(theirs);
}

/* What the configuration says there is to do: NULL with *known: nothing; otherwise out of memory. */
static char *
setup_make(const struct feed *feed, bool *known)
{
	const struct config *config = *feed->view->config;
	const struct identity *identity = feed->identity;
	char *line;

	*known = true;
	if (config->metrics.listen == NULL && config->metrics.textfile == NULL && config->global.status_dir == NULL)
		return NULL;
	line = view_line("setup", json_pack("{ss? ss? ss? sI sI sb ss}", "listen", config->metrics.listen,
	    "textfile", config->metrics.textfile, "status_dir", config->global.status_dir, "uid", (json_int_t)identity->uid,
	    "gid", (json_int_t)identity->gid, "drop", identity->drop, "sandbox", sandbox_level_names[identity->sandbox]));
	*known = line != NULL;
	return line;
}

static void
feed_follow(struct feed *feed)
{
	bool known;
	char *setup = setup_make(feed, &known);
	bool same = known && (setup == NULL || feed->setup == NULL ? setup == feed->setup : strcmp(setup, feed->setup) == 0);

	if (!known && !feed->stale)
		log_errorx("out of memory: " NAME " follows the configuration later");
	feed->stale = !known;
	if (!known || same) {
		free(setup);
		return;
	}
	free(feed->setup);
	feed->setup = setup;
	switch (feed->phase) {
	case FEED_OFF:
	case FEED_WAITING:
		feed->backoff = (struct backoff){.living = true};
		feed_wait(feed, monotime_now());
		break;
	case FEED_LAUNCHING:
	case FEED_RUNNING:
		feed->backoff = (struct backoff){.living = true};
		feed_end(feed, FEED_ENDING);
		break;
	case FEED_ENDING:
	case FEED_STOPPED:
		break;
	}
}

static void
feed_turn(evutil_socket_t fd, short what, void *context)
{
	struct feed *feed = context;
	int64_t left_ns = monotime_left(feed->due, monotime_now());

	(void)fd;
	(void)what;
	if (feed->stale)
		feed_follow(feed);
	switch (feed->phase) {
	case FEED_WAITING:
		if (left_ns > 0)
			loop_arm(feed->timer, left_ns);
		else if (feed->setup != NULL)
			feed_launch(feed);
		else
			feed->phase = FEED_OFF;
		break;
	case FEED_RUNNING:
		if (!feed_listens(feed)) {
			log_warnx(NAME ", pid %d, does not listen any more: it is killed", (int)feed->pid);
			feed_kill(feed);
		} else
			feed_tell(feed);
		break;
	case FEED_ENDING:
	case FEED_STOPPED:
		if (left_ns == 0 && feed->pid > 0)
			kill(feed->pid, SIGKILL);
		if (feed->pid > 0 || feed->launch != 0)
			loop_arm(feed->timer, left_ns > 0 ? left_ns : RETRY_NS);
		break;
	case FEED_OFF:
	case FEED_LAUNCHING:
		break;
	}
}

struct feed *
feed_new(struct event_base *base, const struct view *view, struct checks *checks, const struct identity *identity,
    struct launcher *launcher)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	*feed = (struct feed){.base = base, .checks = checks, .view = view, .identity = identity, .launcher = launcher,
	    .fd = -1};
	feed_lines_init(&feed->lines, view, checks);
	if ((feed->out = evbuffer_new()) != NULL && (feed->timer = event_new(base, -1, 0, feed_turn, feed)) != NULL &&
	    event_priority_set(feed->timer, LOOP_LAST) == 0)
		return feed;
	feed_free(feed);
	return NULL;
}

void
feed_free(struct feed *feed)
{
	if (feed == NULL)
		return;
	if (feed->out != NULL) {
		feed_close(feed);
		evbuffer_free(feed->out);
	}
	if (feed->launch != 0)
		launcher_forget(feed->launcher, feed->launch);
	if (feed->pid > 0)
		kill(feed->pid, SIGKILL);
	if (feed->timer != NULL)
		event_free(feed->timer);
	feed_lines_clear(&feed->lines);
	free(feed->setup);
	free(feed);
}

void
feed_configure(struct feed *feed)
{
	feed_follow(feed);
	feed_lines_reloaded(&feed->lines);
	if (feed->stale || feed->phase == FEED_RUNNING)
		loop_arm(feed->timer, 0);
}

void
feed_stop(struct feed *feed)
{
	static const char bye[] = "{\"type\":\"bye\"}\n";

	if (feed->phase == FEED_RUNNING && feed_flush(feed) && evbuffer_add(feed->out, bye, sizeof(bye) - 1) == 0)
		feed_flush(feed);
	feed_end(feed, FEED_STOPPED);
}

void
feed_leave(struct feed *feed)
{
	if (feed->phase == FEED_RUNNING)
		feed_kill(feed);
	feed->lost = false;
}

bool
feed_ends(const struct feed *feed)
{
	return feed->phase == FEED_STOPPED && feed->pid > 0;
}

bool
feed_reaped(struct feed *feed, pid_t pid, int status)
{
	if (feed->pid == 0 || pid != feed->pid)
		return false;
	feed->pid = 0; /* from now on it may be another process's */
	child_log_end(NAME, pid, status);
	feed_ended(feed, feed->lost || feed->phase == FEED_RUNNING);
	return true;
}
