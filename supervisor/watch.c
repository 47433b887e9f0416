/*
 * When a watched file counts as changed. Looks at the file's inode, reads nothing. Invariant: a file that is being
 * written is not called changed before it has been left alone; one that has changed is called so at the latest at the
 * second look after that.
 *
 * In two cases the kernel's word is not enough: where it gives none (a file of another machine, no watches left) the file is
 * looked at now and then, and a change that came between reading the file and watching it shows in the first look.
 */
#include "watch.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "loop.h"
#include "watch_path.h"

#define SETTLE_NS (200 * NS_PER_MILLISECOND) /* left alone for so long it is complete */
#define SETTLE_MAX_NS (2 * NS_PER_SECOND)    /* but one that never is left alone is read all the same */
#define INTERVAL_MIN_NS (100 * NS_PER_MILLISECOND)

/* What a look tells of the file; all zero: nothing yet. */
struct face {
	bool there;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

struct watch {
	char *path; /* absolute */
	void (*changed)(void *context);
	void *context;
	struct event_base *base;
	bool active;
	int64_t interval_ns;

	struct watch_path *directories; /* NULL: the kernel tells nothing */
	struct event *readable;
	bool blind;   /* not all is watched, which was told */
	bool missing; /* there is no file, which was told */

	bool writing; /* somebody writes to it and has not closed it */
	bool due;     /* a change was noticed and is to be told */
	struct face known, seen;
	struct event *settle, *look;
	monotime_t settle_at, settle_end, look_at;
};

static struct face
face_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return (struct face){0};
	return (struct face){true, st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim};
}

static bool
time_same(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
face_same(const struct face *a, const struct face *b)
{
	return a->there == b->there && a->device == b->device && a->inode == b->inode && a->size == b->size &&
	    time_same(&a->modified, &b->modified) && time_same(&a->changed, &b->changed);
}

/* Something was noticed: tell it when it has been quiet for a while. */
static void
watch_notice(struct watch *watch)
{
	monotime_t now = monotime_now();

	if (!watch->due)
		watch->settle_end = monotime_add(now, SETTLE_MAX_NS);
	watch->due = true;
	watch->seen = face_of(watch->path);
	watch->settle_at = monotime_min(monotime_add(now, SETTLE_NS), watch->settle_end);
	loop_arm(watch->settle, monotime_left(watch->settle_at, now));
}

static void
watch_settle(evutil_socket_t fd, short what, void *context)
{
	struct watch *watch = context;
	monotime_t now = monotime_now();
	struct face face;

	(void)fd;
	(void)what;
	if (monotime_before(now, watch->settle_at)) {
		loop_arm(watch->settle, monotime_left(watch->settle_at, now));
		return;
	}
	if (!watch->due || watch->writing)
		return; /* its closing is noticed */
	face = face_of(watch->path);
	if (!face_same(&face, &watch->seen) && monotime_before(now, watch->settle_end)) {
		watch_notice(watch);
		return;
	}
	watch->due = false;
	if (!face.there) {
		if (!watch->missing)
			log_warnx("%s is not there: what was read from it stays in force", watch->path);
		watch->missing = true;
		return;
	}
	watch->missing = false;
	watch->known = face;
	watch->changed(watch->context);
}

/* Follow the path anew; what cannot be watched is looked at. */
static void
watch_follow(struct watch *watch)
{
	bool sees = watch->directories != NULL && watch_path_follow(watch->directories);

	if (!sees && !watch->blind)
		log_warn("cannot watch %s, looking at it every %g s", watch->path,
		    (double)watch->interval_ns / NS_PER_SECOND);
	if (sees && watch->blind)
		log_info("%s is watched again", watch->path);
	watch->blind = !sees;
}

static void
watch_readable(evutil_socket_t fd, short what, void *context)
{
	struct watch *watch = context;
	unsigned news = watch_path_news(watch->directories);

	(void)fd;
	(void)what;
	if ((news & (WATCH_MOVED | WATCH_WRITTEN)) != 0)
		watch->writing = false;
	if ((news & WATCH_WRITING) != 0)
		watch->writing = true;
	if ((news & WATCH_MOVED) != 0)
		watch_follow(watch);
	if ((news & (WATCH_MOVED | WATCH_WRITTEN)) != 0)
		watch_notice(watch);
}

static void
watch_close(struct watch *watch)
{
	if (watch->readable != NULL)
		event_free(watch->readable);
	watch->readable = NULL;
	watch_path_free(watch->directories);
	watch->directories = NULL;
}

static void
watch_open(struct watch *watch)
{
	if (watch->directories == NULL && (watch->directories = watch_path_new(watch->path)) != NULL) {
		watch->readable = event_new(watch->base, watch_path_fd(watch->directories), EV_READ | EV_PERSIST,
		    watch_readable, watch);
		if (watch->readable == NULL || event_add(watch->readable, NULL) == -1) {
			watch_close(watch);
			errno = ENOMEM;
		}
	}
	watch_follow(watch);
}

/* Look at the file, whatever the kernel tells. */
static void
watch_look(evutil_socket_t fd, short what, void *context)
{
	struct watch *watch = context;
	monotime_t now = monotime_now();
	struct face face;

	(void)fd;
	(void)what;
	if (!monotime_before(now, watch->look_at)) {
		watch->look_at = monotime_add(now, watch->interval_ns);
		if (watch->blind)
			watch_open(watch);
		face = face_of(watch->path);
		/* one that is being written has had an interval to change further, or its writer forgot to close it */
		if (!face_same(&face, &watch->known) && !watch->due)
			watch_notice(watch);
		else if (watch->due && watch->writing && face_same(&face, &watch->seen)) {
			watch->writing = false;
			watch_notice(watch);
		} else if (watch->due && watch->writing)
			watch->seen = face;
	}
	loop_arm(watch->look, monotime_left(watch->look_at, now));
}

/* Later the working directory may be another one. Of one that was removed nothing can be said: that is no reason to end. */
static char *
path_absolute(const char *path)
{
	char directory[PATH_MAX], *absolute;

	if (path[0] == '/' || getcwd(directory, sizeof(directory)) == NULL)
		return strdup(path);
	return asprintf(&absolute, "%s/%s", directory, path) == -1 ? NULL : absolute;
}

struct watch *
watch_new(struct event_base *base, const char *path, void (*changed)(void *context), void *context)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->base = base;
	watch->changed = changed;
	watch->context = context;
	if ((watch->path = path_absolute(path)) != NULL &&
	    (watch->settle = event_new(base, -1, 0, watch_settle, watch)) != NULL &&
	    (watch->look = event_new(base, -1, 0, watch_look, watch)) != NULL)
		return watch;
	watch_free(watch);
	return NULL;
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	watch_close(watch);
	if (watch->settle != NULL)
		event_free(watch->settle);
	if (watch->look != NULL)
		event_free(watch->look);
	free(watch->path);
	free(watch);
}

void
watch_set(struct watch *watch, bool active, int64_t interval_ns)
{
	bool begins = active && !watch->active;

	watch->active = active;
	watch->interval_ns = interval_ns < INTERVAL_MIN_NS ? INTERVAL_MIN_NS : interval_ns;
	if (!active) {
		watch_close(watch);
		event_del(watch->settle);
		event_del(watch->look);
		watch->due = watch->writing = watch->blind = watch->missing = false;
		return;
	}
	watch->look_at = monotime_add(monotime_now(), watch->interval_ns);
	loop_arm(watch->look, watch->interval_ns);
	if (!begins)
		return;
	watch_open(watch);
	watch_notice(watch); /* it may have changed since it was read */
}

void
watch_read(struct watch *watch)
{
	if (!watch->active)
		return;
	watch->known = face_of(watch->path);
	watch->due = false;
}
