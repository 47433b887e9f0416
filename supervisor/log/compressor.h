/*
 * Has the rotated files of a log compressed, one at a time of all logs, by a child that has no haste.
 */
#ifndef EXACHECK_LOG_COMPRESSOR_H
#define EXACHECK_LOG_COMPRESSOR_H

#include <stdbool.h>

#include "compression.h"

struct event_base;
struct compressor;

/* All arguments outlive the result. NULL: out of memory. */
struct compressor *compressor_new(struct event_base *, const struct rotation *, const struct compression_format *);

/* There may be files that are not compressed. */
void compressor_wake(struct compressor *);

/* A compression that is going on is given up: its file is still there. */
void compressor_free(struct compressor *);

#endif
