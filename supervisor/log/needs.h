/*
 * What exacheck-log needs of the system once it is confined, collected from its loggers.
 */
#ifndef EXACHECK_LOG_NEEDS_H
#define EXACHECK_LOG_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of what a logger does. */
enum log_need {
	LOG_NEED_FILES = 1 << 0,    /* writes, renames and removes files in its directories */
	LOG_NEED_CHILDREN = 1 << 1, /* forks (offspring.h) */
	LOG_NEED_TOOLS = 1 << 2,    /* ... and these execute programs that compress */
	LOG_NEED_UNIX = 1 << 3,	    /* connects to local sockets */
	LOG_NEED_UDP = 1 << 4,	    /* sends datagrams over IP */
	LOG_NEED_TCP = 1 << 5,	    /* connects over IP */
	LOG_NEED_RESOLVER = 1 << 6, /* resolves names, in a child */
};

#define NEEDS_PLACES_MAX 192

struct needs {
	bool confined; /* there will be no more than these places, even if others take their names */
	unsigned bits;
	size_t count;
	struct {
		int fd; /* O_PATH */
		uint64_t rights; /* LANDLOCK_FS_, to it and all below */
	} places[NEEDS_PLACES_MAX];
};

/* Add rights to a place, whose descriptor is theirs from now on. False: -1, or one too many. */
bool needs_place(struct needs *, int fd, uint64_t rights);

/* Close what is held. */
void needs_clear(struct needs *);

#endif
