/*
 * What exacheck-log needs of the system once it is confined, collected from its loggers. Pure data.
 */
#ifndef EXACHECK_LOG_NEEDS_H
#define EXACHECK_LOG_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

/* Bits of what a logger does. */
enum log_need {
	LOG_NEED_FILES = 1 << 0,    /* writes, renames and removes files in its directories */
	LOG_NEED_CHILDREN = 1 << 1, /* forks (offspring.h) */
	LOG_NEED_TOOLS = 1 << 2,    /* ... and these execute the programs of needs_tool */
	LOG_NEED_UNIX = 1 << 3,	    /* connects to local sockets */
	LOG_NEED_UDP = 1 << 4,	    /* sends datagrams over IP */
	LOG_NEED_TCP = 1 << 5,	    /* connects over IP */
	LOG_NEED_RESOLVER = 1 << 6, /* resolves names, in a child */
};

#define NEEDS_PATHS_MAX 128

struct needs {
	unsigned bits;
	size_t directory_count, tool_count;
	int directories[NEEDS_PATHS_MAX]; /* opened with O_PATH: below them files are written */
	int tools[NEEDS_PATHS_MAX];	  /* the same: programs that are executed */
};

/* Add a directory or a program, from now on theirs; beyond NEEDS_PATHS_MAX, and -1, are passed over: false. */
bool needs_directory(struct needs *, int fd);
bool needs_tool(struct needs *, int fd);

/* Close what is held. */
void needs_clear(struct needs *);

#endif
