/*
 * What is kept for those who look across an upgrade: the figures of a check, the history of a node. Nothing depends on it.
 */
#ifndef EXACHECK_KEPT_STATE_H
#define EXACHECK_KEPT_STATE_H

#include <stdio.h>

#include "state.h"

struct checks;

/* A line for each node. False: out of memory, or the file cannot be written. */
bool kept_save(const struct checks *, FILE *);

/*
 * One of these lines, into a set that has its node. False, with a text in error, and nothing is taken from it: it is
 * damaged, or of a node that there is not.
 */
bool kept_load(struct checks *, const json_t *, char error[static STATE_ERROR_SIZE]);

#endif
