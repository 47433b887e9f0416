/*
 * Names to addresses through the system's resolver, at every execution: a name that stops resolving is a
 * failing service. Blocking; the worker's timer bounds it.
 */
#ifndef EXACHECK_RESOLVE_H
#define EXACHECK_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/address.h"
#include "../common/methods/method.h"
#include "../common/result.h"

#define RESOLVE_MAX 32 /* addresses used of one name; more are an error, not ignored */

struct addresses {
	size_t count;
	struct address items[RESOLVE_MAX]; /* in the resolver's order, duplicates removed */
};

/*
 * Resolve host (a literal address needs no look-up) to addresses of `family` (AF_UNSPEC: both). Returns
 * false with the failure (REASON_RESOLVE) in *result.
 */
bool resolve(const char *host, int family, struct addresses *, struct result *);

/* In the spawner: make the C library load its resolver modules now, so that workers share them. */
void resolve_preload(void);

#endif
