/*
 * The loggers of a setup, with what each writes to.
 */
#ifndef EXACHECK_LOG_OUTPUTS_H
#define EXACHECK_LOG_OUTPUTS_H

#include <stdbool.h>

#include "needs.h"
#include "record.h"
#include "setup.h"

struct event_base;
struct outputs;

/* Open those of all loggers of the setup, which outlives them. NULL: out of memory. */
struct outputs *outputs_open(const struct log_setup *, struct needs *);
/* False: out of memory. */
bool outputs_begin(struct outputs *, struct event_base *);

/* Hand a record to those that want it; one of exacheck-log's own to all. */
void outputs_write(struct outputs *, const struct log_fields *);
void outputs_write_own(struct outputs *, const struct log_fields *);

void outputs_flush(struct outputs *);
void outputs_reopen(struct outputs *);
/* Nothing more comes: whether all of them have done what they could. */
bool outputs_finished(struct outputs *);
void outputs_close(struct outputs *);

#endif
