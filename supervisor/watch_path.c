/*
 * A path and its directories. Touches an inotify descriptor of its own. Invariant: the walk is the kernel's own,
 * component by component, and what may lead elsewhere is watched before it is looked at, so that no change falls between.
 */
#include "watch_path.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */
#define PLACES_MAX 256
#define ATTEMPTS 8 /* to follow a path that changes meanwhile */

/* A name in a directory on which the path depends; empty: the directory itself. */
struct place {
	int watch; /* of the directory */
	bool last; /* the name is the file's */
	char name[NAME_MAX + 1];
};

struct watch_path {
	int fd;
	char *path;
	size_t count;
	struct place *places; /* PLACES_MAX */
};

/* A walk under way: where it is, and what is still to go. */
struct walk {
	char at[PATH_MAX]; /* a directory, without links */
	char rest[PATH_MAX];
	const char *next; /* in it */
	unsigned links;
};

struct watch_path *
watch_path_new(const char *path)
{
	struct watch_path *watch = calloc(1, sizeof(*watch));
	int error;

	if (watch == NULL)
		return NULL;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd != -1 && (watch->path = strdup(path)) != NULL &&
	    (watch->places = calloc(PLACES_MAX, sizeof(*watch->places))) != NULL)
		return watch;
	error = errno;
	watch_path_free(watch);
	errno = error;
	return NULL;
}

void
watch_path_free(struct watch_path *watch)
{
	if (watch == NULL)
		return;
	if (watch->fd != -1)
		close(watch->fd);
	free(watch->path);
	free(watch->places);
	free(watch);
}

int
watch_path_fd(const struct watch_path *watch)
{
	return watch->fd;
}

/*
 * Watch a directory for its own end and, with a name, for what becomes of that. Names of directories are not watched:
 * it is they that say when they go, and what else happens beside them, in a place like /tmp, is of no account.
 */
static bool
place_add(struct watch_path *watch, const char *directory, const char *name, bool last)
{
	struct place *place = &watch->places[watch->count];
	uint32_t mask = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD;

	if (watch->count == PLACES_MAX) {
		errno = ELOOP;
		return false;
	}
	if (name != NULL)
		mask |= IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | (last ? IN_MODIFY | IN_CLOSE_WRITE : 0);
	if ((place->watch = inotify_add_watch(watch->fd, directory, mask)) == -1)
		return false;
	place->last = last;
	snprintf(place->name, sizeof(place->name), "%s", name != NULL ? name : "");
	watch->count++;
	return true;
}

/* Take the next component off the rest. Returns false when there is none. */
static bool
walk_component(struct walk *walk, char name[static NAME_MAX + 1])
{
	const char *begin = walk->next + strspn(walk->next, "/");
	size_t length = strcspn(begin, "/");

	walk->next = begin + length;
	if (length > NAME_MAX)
		length = NAME_MAX; /* nothing has such a name */
	memcpy(name, begin, length);
	name[length] = '\0';
	return length > 0;
}

static bool
walk_done(const struct walk *walk)
{
	return walk->next[strspn(walk->next, "/")] == '\0';
}

/* Go up; the root is its own parent. */
static void
walk_up(struct walk *walk)
{
	char *slash = strrchr(walk->at, '/');

	*(slash == walk->at ? slash + 1 : slash) = '\0';
}

/* The path of a name where the walk is. False with errno: too long. */
static bool
walk_path(const struct walk *walk, const char *name, char path[static PATH_MAX])
{
	errno = ENAMETOOLONG;
	return snprintf(path, PATH_MAX, "%s/%s", walk->at[1] != '\0' ? walk->at : "", name) < PATH_MAX;
}

/* What a link says takes its place in the rest of the way. False with errno: too long a way. */
static bool
walk_link(struct walk *walk, const char *path)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length == -1)
		return true; /* it is watched: what it has become is told */
	target[length] = '\0';
	snprintf(rest, sizeof(rest), "%s", walk->next);
	errno = ENAMETOOLONG;
	if (snprintf(walk->rest, sizeof(walk->rest), "%s/%s", target, rest) >= (int)sizeof(walk->rest))
		return false;
	walk->next = walk->rest;
	if (target[0] == '/')
		strcpy(walk->at, "/");
	errno = ELOOP;
	return walk->links++ < LINKS_MAX;
}

/*
 * Go where the name leads: into a directory, along a link, or, with *end, no further. What is no directory is watched
 * before it is looked at. False with errno: something cannot be watched; ENOENT: it has just changed.
 */
static bool
walk_step(struct watch_path *watch, struct walk *walk, const char *name, bool *end)
{
	char path[PATH_MAX];
	bool last = walk_done(walk);
	struct stat st;

	if (!walk_path(walk, name, path))
		return false;
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		memcpy(walk->at, path, sizeof(path));
		return place_add(watch, path, NULL, false);
	}
	if (!place_add(watch, walk->at, name, last))
		return false;
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return walk_link(walk, path);
	*end = true; /* the file, or there is nothing, or something else than there was */
	return true;
}

static void
watches_remove(struct watch_path *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		inotify_rm_watch(watch->fd, watch->places[i].watch); /* or it is gone already */
	watch->count = 0;
}

/* Walk once; false with errno as walk_step. */
static bool
walk_all(struct watch_path *watch)
{
	struct walk walk = {.at = "/"};
	char name[NAME_MAX + 1];
	bool end = false;

	errno = ENAMETOOLONG;
	if (snprintf(walk.rest, sizeof(walk.rest), "%s", watch->path) >= (int)sizeof(walk.rest))
		return false;
	walk.next = walk.rest;
	while (!end && walk_component(&walk, name)) {
		if (strcmp(name, "..") == 0)
			walk_up(&walk);
		else if (strcmp(name, ".") != 0 && !walk_step(watch, &walk, name, &end))
			return false;
	}
	return true;
}

bool
watch_path_follow(struct watch_path *watch)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		watches_remove(watch);
		if (walk_all(watch))
			return true;
		if (errno != ENOENT && errno != ENOTDIR)
			break;
	}
	return false;
}

static unsigned
event_news(const struct watch_path *watch, const struct inotify_event *event)
{
	if ((event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0)
		return WATCH_MOVED;
	if (event->len == 0)
		return WATCH_NOTHING;
	for (size_t i = 0; i < watch->count; i++) {
		const struct place *place = &watch->places[i];

		if (place->watch != event->wd || strcmp(place->name, event->name) != 0)
			continue;
		if ((event->mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0)
			return WATCH_MOVED;
		if (place->last)
			return (event->mask & IN_CLOSE_WRITE) != 0 ? WATCH_WRITTEN : WATCH_WRITING;
	}
	return WATCH_NOTHING;
}

unsigned
watch_path_news(struct watch_path *watch)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	unsigned news = WATCH_NOTHING;
	ssize_t length;

	while ((length = read(watch->fd, buffer, sizeof(buffer))) > 0)
		for (const char *at = buffer; at < buffer + length; at += sizeof(*event) + event->len) {
			unsigned one;

			event = (const struct inotify_event *)(const void *)at;
			one = event_news(watch, event);
			/* in their order: what was written after it was closed is being written */
			if (one == WATCH_WRITING)
				news &= ~(unsigned)WATCH_WRITTEN;
			if (one == WATCH_WRITTEN)
				news &= ~(unsigned)WATCH_WRITING;
			news |= one;
		}
	return news;
}
