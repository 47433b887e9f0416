/*
 * What couriers may do, and what exacheck-notify must be left for it: theirs can only be less than its own.
 */
#ifndef EXACHECK_NOTIFY_COURIER_CAGE_H
#define EXACHECK_NOTIFY_COURIER_CAGE_H

#include <stdbool.h>

#include "../helpers/cage.h"
#include "errand.h"

#define COURIER_CAGE_ERROR_SIZE 200

/*
 * Before exacheck-notify is confined: add to its cage what making couriers and being one takes; execute: one of the
 * targets needs the apprise command. Couriers will be confined as far as the cage's identity says. False with error.
 */
bool courier_cage_prepare(struct cage *, bool execute, char error[static COURIER_CAGE_ERROR_SIZE]);

/* In a courier to there: for good. False: it could not be, and must not go on. */
bool courier_cage_enter(const struct kind *, const struct reach *);

#endif
