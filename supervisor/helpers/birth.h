/*
 * How every helper begins: what it needs of the system before it reads more than its setup, and is confined.
 */
#ifndef EXACHECK_HELPERS_BIRTH_H
#define EXACHECK_HELPERS_BIRTH_H

#include <jansson.h>

#include "cage.h"

struct event_base;
struct intake;

struct birth {
	struct event_base *base;
	struct intake *intake; /* of the channel; intake_begin has what comes after the setup called */
	json_t *setup;	       /* the first line; the caller's */
	struct cage_identity identity; /* of it */
};

/* Begin, or end this process. name: of the program; nice: see setpriority(2). */
void birth_begin(struct birth *, const char *name, int nice);

#endif
