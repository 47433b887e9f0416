/*
 * The answer to `status`, as a whole.
 */
#ifndef EXACHECK_CTL_STATUS_H
#define EXACHECK_CTL_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"

struct status {
	json_t *exacheck;
	json_t *checks, *groups; /* lists, in the order of the configuration */
	int64_t now; /* the moment (moment.h) of which it tells */
};

/* Ask for nodes, all if count is 0. full: with all that there is of each. False: see client_error, and nothing is owned. */
bool status_fetch(struct status *, struct client *, char *const *names, size_t count, bool full);
void status_free(struct status *);

/* Call for every node, checks first. */
typedef void status_visit(void *context, json_t *node);
void status_each(const struct status *, status_visit *, void *context);

/* "12 checks: 10 up, 1 down, 1 disabled; 11 routes announced; ExaBGP 4.2.21 connected, 0 pending"; the caller's. */
char *status_summary(const struct status *);

#endif
