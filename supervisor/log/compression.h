/*
 * How rotated files are compressed: what ExaCheck's compression_format may be, as data, and the work itself, which
 * a child of exacheck-log does.
 */
#ifndef EXACHECK_LOG_COMPRESSION_H
#define EXACHECK_LOG_COMPRESSION_H

#include <stdbool.h>

#include "needs.h"
#include "rotated.h"

struct compression_format;

/* By its name, NULL: there is none. */
const struct compression_format *compression_find(const char *name);

/* Whether this is what any of them puts behind the name of a file, and what the file is then. */
bool compression_suffix(const char *suffix, enum rotated_state *);

/* Add what it needs. False: the system lacks the program whose name is in *tool. */
bool compression_needs(const struct compression_format *, struct needs *, const char **tool);

/*
 * Compress the file at path into one beside it, and remove it. Whenever this ends before its end the file is still
 * there. Returns an exit code for compression_problem, 0: done, EAGAIN: somebody has written to it in the meantime.
 */
int compression_run(const struct compression_format *, const char *path);

/* Why it was not done: from a status of waitpid(2). NULL: it was. */
const char *compression_problem(int status);

#endif
