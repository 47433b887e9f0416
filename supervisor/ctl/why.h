/*
 * Parts of `why`.
 */
#ifndef EXACHECK_CTL_WHY_H
#define EXACHECK_CTL_WHY_H

#include <stdbool.h>

#include "ctl.h"

/* Whether it is an address, or one with a length: then it is a route that is meant. */
bool why_is_prefix(const char *word);
/* A pattern that only this name matches, or another one of the same length with whatever was replaced in it; the caller's. */
char *why_literal(const char *name);

/* What `why` tells, as one object: routes, and of those who have a word in them everything. */
enum ctl_exit why_json(const struct ctl *);

#endif
