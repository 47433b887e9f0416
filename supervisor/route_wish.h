/*
 * What to announce or withdraw, as the ledger keeps it many times over: attribute texts are shared, so that
 * passing a wish on never allocates.
 */
#ifndef EXACHECK_ROUTE_WISH_H
#define EXACHECK_ROUTE_WISH_H

#include <stdbool.h>

#include "route.h"

/* Attribute text with a count of those who refer to it. */
struct text {
	unsigned references;
	char bytes[];
};

/* UNKNOWN: nothing is known or desired. */
struct wish {
	enum route_status status;
	struct text *attributes; /* a reference, not NULL exactly when ANNOUNCED */
};

/* A copy with one reference, the caller's; NULL: out of memory. */
struct text *text_new(const char *bytes);
/* NULL is allowed. */
void text_release(struct text *);

/* Takes a reference of its own to the attributes. */
void wish_set(struct wish *, enum route_status, struct text *attributes);
bool wish_equal(const struct wish *, const struct wish *);
/* Its attributes as text; NULL unless ANNOUNCED. */
const char *wish_attributes(const struct wish *);

#endif
