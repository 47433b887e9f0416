/*
 * Helper of the unit tests that name routes.
 */
#ifndef EXACHECK_TESTS_ROUTES_H
#define EXACHECK_TESTS_ROUTES_H

#include <check.h>

#include "../../supervisor/route.h"

/* neighbor: NULL for all; the result refers to it. */
static inline struct route_key
key(const char *prefix, const char *neighbor)
{
	struct route_key made = {.neighbor = neighbor};

	ck_assert_int_eq(prefix_parse(prefix, &made.prefix), PREFIX_OK);
	return made;
}

#endif
