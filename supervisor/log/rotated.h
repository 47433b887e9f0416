/*
 * The files that a log was rotated to. Beside FILE.EXT they are called FILE.2026-01-31_23-59-59_123456.EXT, as
 * those of loguru are, after the moment of the rotation in local time, with the suffix of a compression behind it.
 * By name they are in order.
 */
#ifndef EXACHECK_LOG_ROTATED_H
#define EXACHECK_LOG_ROTATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROTATED_MOMENT_SIZE 27 /* "2026-01-31_23-59-59_123456" */

/* Whose: pieces of the path of the log, which outlives it. */
struct rotation {
	const char *directory;
	const char *stem; /* of the name: before the last dot that is not its first character */
	int stem_length;
	const char *extension; /* from this dot on, or "" */
};

enum rotated_state {
	ROTATED_PLAIN,
	ROTATED_COMPRESSED,
	ROTATED_LEFT, /* by a compression that did not end */
};

struct rotated {
	char *name; /* in the directory */
	char moment[ROTATED_MOMENT_SIZE];
	enum rotated_state state;
};

struct rotated_list {
	size_t count;
	struct rotated *files; /* by moment */
};

/* Of a log at this path in this directory. */
void rotation_init(struct rotation *, const char *path, const char *directory);

/* Whether a file of this name is one of them, and which one. */
bool rotation_knows(const struct rotation *, const char *name, char moment[static ROTATED_MOMENT_SIZE],
    enum rotated_state *);

/* What there is; false with errno. rotated_free in any case. */
bool rotated_list(const struct rotation *, struct rotated_list *);
void rotated_free(struct rotated_list *);

/*
 * Give the log at path the name of this moment (microseconds since 1970), or, where that is not after all that
 * there are, the next one after them. False with errno: nothing has changed.
 */
bool rotation_rename(const struct rotation *, const char *path, int64_t at_us);

/* Remove the oldest, so that `count` are left. False with errno. */
bool rotation_retain(const struct rotation *, int64_t count);

/* Remove what compressions that did not end have left. */
void rotation_clean(const struct rotation *);

#endif
