/*
 * The sandbox of exacheck-log, made of what its loggers need.
 */
#ifndef EXACHECK_LOG_CONFINEMENT_H
#define EXACHECK_LOG_CONFINEMENT_H

#include "../helpers/cage.h"
#include "needs.h"

/* Whether this level will hold it to the places of its needs. */
bool confinement_holds(const struct cage_identity *);

/* Enter, for good; see cage_enter. */
bool confinement_enter(const struct cage_identity *, const struct needs *, char *report, size_t size);

#endif
