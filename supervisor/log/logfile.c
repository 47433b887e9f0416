/*
 * What is done with the lines of a log. Touches its file, by way of sink.h, and rotated files beside it. Invariant:
 * a line is in the file once, kept in memory, or counted; and what is missing is told at its place.
 */
#include "logfile.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/landlock.h"
#include "../../common/monotime.h"
#include "../../common/walltime.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "compressor.h"
#include "lines.h"
#include "record.h"
#include "sink.h"

#define KEPT_MAX (256 * 1024)
#define BATCH ((size_t)64 * 1024)
#define MODE 0640
#define LOOK_NS NS_PER_SECOND	 /* how often the path is looked at, and what does not work is tried again */
#define PATIENCE_NS (5 * NS_PER_SECOND) /* with another process that has the lock */
#define LOCK_NS (100 * NS_PER_MILLISECOND) /* how often it is tried meanwhile */
#define ROTATION_PAUSE_NS (10 * NS_PER_SECOND) /* after one that failed */
#define RIGHTS \
	(LANDLOCK_FS_READ_FILE | LANDLOCK_FS_READ_DIR | LANDLOCK_FS_WRITE_FILE | LANDLOCK_FS_TRUNCATE | \
	LANDLOCK_FS_MAKE_REG | LANDLOCK_FS_REMOVE_FILE)

struct logfile {
	LIST_ENTRY(logfile) entry;
	unsigned loggers; /* that share it */
	const struct logger_setup *setup;
	logfile_tell *tell;
	void *context;
	struct sink sink;
	struct rotation rotation;
	const struct compression_format *format; /* NULL: files are not compressed */
	struct compressor *compressor;
	struct event *timer; /* for what is not brought about by a line */
	struct lines lines;
	uint64_t lost; /* after the last of the lines */
	uint64_t missing; /* all, since it does not work */
	int error;	/* an errno: it cannot be written just now, which was reported */
	monotime_t retry; /* then not before */
	monotime_t looked; /* at the path */
	monotime_t patience; /* until then the lock is waited for, before the first line */
	monotime_t rotation_pause; /* until then none is tried again */
	bool rotation_failing; /* which was reported */
	bool sharing;	/* with another process, which was reported */
	bool settled;	/* has done, as the owner, what is to be done once */
	bool displaced; /* it is about to begin anew */
	bool ending;
};

static LIST_HEAD(, logfile) logfiles = LIST_HEAD_INITIALIZER(logfiles);

static void
timer_need(struct logfile *log, int64_t delay_ns)
{
	if (log->timer != NULL && !event_pending(log->timer, EV_TIMEOUT, NULL))
		timer_arm(log->timer, delay_ns);
}

/* For people. */
static const char *
reason(int error)
{
	return error == ELOOP ? "a symbolic link that is another user's, or new, leads elsewhere" : strerror(error);
}

static void
failed(struct logfile *log, int error)
{
	if (log->error == 0)
		report_problem("log %s cannot be written: %s; lines are kept, up to %d KiB", log->setup->destination,
		    reason(error), KEPT_MAX / 1024);
	log->error = error;
	log->retry = monotime_add(monotime_now(), LOOK_NS);
	timer_need(log, LOOK_NS);
}

static void
works(struct logfile *log)
{
	char text[RECORD_LOST_SIZE];

	if (log->error == 0)
		return;
	if (log->missing > 0)
		report_note("log %s is written again; %s", log->setup->destination,
		    record_lost_text(text, log->missing, reason(log->error)));
	else
		report_note("log %s is written again; no line was lost", log->setup->destination);
	log->error = 0;
	log->missing = 0;
}

/*
 * The directory is gone, or another one has its name, and the sandbox permits the one that it was: only another
 * process can write there. Or a link leads elsewhere.
 */
static _Noreturn void
begin_anew(struct logfile *log)
{
	char text[RECORD_LOST_SIZE];
	uint64_t left;

	if (log->sink.fd != -1 && !sink_unlinked(&log->sink))
		lines_take(&log->lines, sink_write(&log->sink, lines_text(&log->lines), lines_size(&log->lines)));
	left = log->lost + lines_count(&log->lines);
	if (left > 0)
		report_problem("log %s: %s", log->setup->destination, record_lost_text(text, left, "they went with the directory"));
	report_fatal("log %s: its path leads elsewhere by now: starting anew", log->setup->destination);
}

/* What the one who rotates has to do when it comes to be. */
static void
settle(struct logfile *log)
{
	if (log->settled)
		return;
	log->settled = true;
	rotation_clean(&log->rotation);
	rotation_retain(&log->rotation, log->setup->count);
	if (log->compressor != NULL)
		compressor_wake(log->compressor);
}

/* Have the lock, or be patient for a while. False: wait on. */
static bool
owned(struct logfile *log, monotime_t now)
{
	if (!log->sink.regular)
		return true;
	if (sink_lock(&log->sink)) {
		log->patience = now;
		log->sharing = false;
		settle(log);
		return true;
	}
	if (!log->ending && monotime_before(now, log->patience) && lines_size(&log->lines) < KEPT_MAX / 2) {
		timer_need(log, LOCK_NS);
		return false;
	}
	if (!log->sharing)
		report_problem("log %s is written by another process too: it is not rotated while that is so",
		    log->setup->destination);
	log->sharing = true;
	timer_need(log, LOOK_NS);
	return true;
}

static void
displace(struct logfile *log)
{
	log->displaced = true;
	timer_arm(log->timer, 0); /* after what other loggers have got by now */
}

/* Open the file, again if the path leads to another one. False: it cannot be. */
static bool
opened(struct logfile *log, monotime_t now)
{
	/* one who does not rotate looks each time: what it writes to the file that was rotated is about to be compressed */
	bool look = log->sink.fd == -1 || !log->sink.owned || !monotime_before(now, monotime_add(log->looked, LOOK_NS));

	if (!look)
		return true;
	log->looked = now;
	if (sink_displaced(&log->sink) && log->timer != NULL && !log->ending) {
		displace(log);
		return false;
	}
	if (log->sink.fd != -1 && (!log->sink.regular || !sink_moved(&log->sink)))
		return true;
	if (sink_open(&log->sink, MODE))
		return true;
	failed(log, errno);
	return false;
}

static void
rotation_failed(struct logfile *log, const char *what)
{
	if (!log->rotation_failing)
		report_problem("log %s %s: %s", log->setup->destination, what, strerror(errno));
	log->rotation_failing = true;
}

/* The file has another name, and another file its own. False: there is none that can be written. */
static bool
rotate(struct logfile *log, monotime_t now)
{
	struct stat status;
	mode_t mode = fstat(log->sink.fd, &status) == 0 ? status.st_mode & 0777 : MODE;

	if (!rotation_rename(&log->rotation, log->sink.path, walltime_now_us())) {
		rotation_failed(log, "cannot be rotated, and grows");
		log->rotation_pause = monotime_add(now, ROTATION_PAUSE_NS);
		return true;
	}
	if (!sink_open(&log->sink, mode)) {
		failed(log, errno);
		return false;
	}
	if (!rotation_retain(&log->rotation, log->setup->count))
		rotation_failed(log, "was rotated, but old files cannot be removed");
	else
		log->rotation_failing = false;
	if (log->compressor != NULL)
		compressor_wake(log->compressor);
	return true;
}

/* How many bytes of the next lines go into the file as it is, 0: none does, and it is to be rotated first. */
static size_t
room(const struct logfile *log, monotime_t now)
{
	off_t size = sink_size(&log->sink);
	size_t most = BATCH, fit;

	if (!log->sink.owned || monotime_before(now, log->rotation_pause))
		size = 0;
	else if (size + (off_t)most > log->setup->size)
		most = size < log->setup->size ? (size_t)(log->setup->size - size) : 0;
	fit = lines_fit(&log->lines, most);
	return fit == 0 && size == 0 ? lines_first(&log->lines) : fit;
}

/* False: not all of them. */
static bool
lines_write(struct logfile *log, monotime_t now)
{
	while (lines_count(&log->lines) > 0) {
		size_t bytes = room(log, now), written;

		if (bytes == 0) {
			if (!rotate(log, now))
				return false;
			continue;
		}
		written = sink_write(&log->sink, lines_text(&log->lines), bytes);
		lines_take(&log->lines, written);
		if (written == bytes)
			continue;
		log->looked = (monotime_t){0}; /* it may be another one when it is tried again */
		failed(log, errno);
		return false;
	}
	return true;
}

/* Say how many are missing at this place, if there is room for that. */
static bool
loss_add(struct logfile *log)
{
	char text[RECORD_LOST_SIZE], *line;
	bool added;

	record_lost_text(text, log->lost, log->error != 0 ? reason(log->error) : "there was no room to keep them");
	line = log->tell(log->context, text);
	added = line != NULL && lines_add(&log->lines, line);
	free(line);
	if (added)
		log->lost = 0;
	return added;
}

void
logfile_flush(struct logfile *log)
{
	monotime_t now = monotime_now();

	if ((lines_count(&log->lines) == 0 && log->lost == 0) || log->displaced)
		return;
	if (log->error != 0 && !log->ending && monotime_before(now, log->retry))
		return;
	if (!opened(log, now) || !owned(log, now) || !lines_write(log, now))
		return;
	while (log->lost > 0)
		if (!loss_add(log) || !lines_write(log, now))
			return;
	works(log);
}

void
logfile_write(struct logfile *log, const char *line)
{
	/* those that come after some were lost wait for room that lasts */
	bool room_again = log->lost == 0 || (lines_size(&log->lines) < KEPT_MAX / 2 && loss_add(log));

	if (line != NULL && room_again && lines_add(&log->lines, line)) {
		if (lines_size(&log->lines) >= BATCH)
			logfile_flush(log);
		return;
	}
	log->lost++;
	log->missing++;
}

void
logfile_reopen(struct logfile *log)
{
	logfile_flush(log);
	log->looked = (monotime_t){0};
	log->retry = log->looked;
	if (sink_redirected(&log->sink, log->setup->destination)) {
		displace(log);
		return;
	}
	if (!log->sink.regular)
		sink_close(&log->sink);
	if (opened(log, monotime_now()))
		logfile_flush(log);
}

bool
logfile_finished(struct logfile *log)
{
	log->ending = true;
	logfile_flush(log);
	if (lines_count(&log->lines) > 0)
		return log->error != 0;
	/* the next exacheck-log may have the lock, whatever other loggers wait for */
	sink_close(&log->sink);
	return true;
}

static void
timer_fired(evutil_socket_t fd, short what, void *context)
{
	struct logfile *log = context;

	(void)fd;
	(void)what;
	if (log->displaced)
		begin_anew(log);
	log->retry = (monotime_t){0}; /* the loop's clock may be somewhat behind */
	if (lines_count(&log->lines) > 0 || log->lost > 0)
		logfile_flush(log);
	else if (opened(log, monotime_now())) {
		works(log);
		owned(log, monotime_now());
	}
}

bool
logfile_begin(struct logfile *log, struct event_base *base)
{
	if (log->timer != NULL)
		return true;
	log->timer = evtimer_new(base, timer_fired, log);
	if (log->timer == NULL)
		return false;
	if (log->format != NULL &&
	    (log->compressor = compressor_new(base, &log->rotation, log->format)) == NULL)
		return false;
	timer_arm(log->timer, 0);
	return true;
}

static void
compression_prepare(struct logfile *log, struct needs *needs)
{
	const char *tool = NULL;

	if (!log->setup->compress)
		return;
	log->format = compression_find(log->setup->compression_format);
	if (log->format != NULL && compression_needs(log->format, needs, &tool))
		return;
	report_problem("log %s: rotated files are not compressed: %s%s", log->setup->destination,
	    tool != NULL ? "there is no program " : "unknown format ", tool != NULL ? tool : log->setup->compression_format);
	log->format = NULL;
}

/* Another logger's by this path; NULL: nobody's. */
static struct logfile *
logfile_find(const char *path)
{
	struct logfile *log;

	LIST_FOREACH(log, &logfiles, entry)
		if (strcmp(log->sink.path, path) == 0)
			break;
	return log;
}

struct logfile *
logfile_open(const struct logger_setup *setup, struct needs *needs, logfile_tell *tell, void *context)
{
	struct logfile *log;
	struct sink sink;
	int directory;

	if (!sink_init(&sink, setup->destination))
		return NULL;
	if ((log = logfile_find(sink.path)) != NULL || (log = calloc(1, sizeof(*log))) == NULL) {
		sink_clear(&sink);
		if (log != NULL)
			log->loggers++;
		return log;
	}
	*log = (struct logfile){.loggers = 1, .setup = setup, .tell = tell, .context = context, .sink = sink,
	    .lines = LINES_OF(KEPT_MAX)};
	LIST_INSERT_HEAD(&logfiles, log, entry);
	needs->bits |= LOG_NEED_FILES;
	directory = sink_directory(&log->sink, needs->confined);
	if (!needs_place(needs, directory, RIGHTS | (log->sink.inode == 0 ? LANDLOCK_FS_MAKE_DIR : 0)))
		report_problem("log %s: %s", setup->destination, directory == -1 ? "its directory cannot be opened" :
		    "logs lie in too many directories; use fewer");
	compression_prepare(log, needs);
	log->patience = monotime_add(monotime_now(), PATIENCE_NS);
	rotation_init(&log->rotation, log->sink.path, log->sink.directory);
	opened(log, monotime_now());
	return log;
}

void
logfile_close(struct logfile *log)
{
	char text[RECORD_LOST_SIZE];
	uint64_t left;

	if (log == NULL || --log->loggers > 0)
		return;
	if ((left = log->lost + lines_count(&log->lines)) > 0)
		report_problem("log %s: %s", log->setup->destination, record_lost_text(text, left,
		    log->error != 0 ? reason(log->error) : "there was no time to write them"));
	compressor_free(log->compressor);
	if (log->timer != NULL)
		event_free(log->timer);
	sink_clear(&log->sink);
	lines_free(&log->lines);
	LIST_REMOVE(log, entry);
	free(log);
}
