/*
 * What ExaBGP's healthcheck announces with in its states.
 */
#ifndef EXACHECK_HEALTHCHECK_ATTRIBUTES_H
#define EXACHECK_HEALTHCHECK_ATTRIBUTES_H

#include "healthcheck_options.h"

enum healthcheck_state { HEALTHCHECK_UP, HEALTHCHECK_DOWN, HEALTHCHECK_DISABLED, HEALTHCHECK_STATES };

struct healthcheck_attributes {
	int64_t metric;
	json_t *communities; /* a list of its own; NULL: out of memory, noted */
	char *as_path;	     /* NULL: none */
};

/* Find the attributes of all states; what cannot be said is noted. */
void healthcheck_attributes_find(struct importing *, const struct healthcheck_options *,
    struct healthcheck_attributes[static HEALTHCHECK_STATES]);
void healthcheck_attributes_free(struct healthcheck_attributes[static HEALTHCHECK_STATES]);

/*
 * Add them to a check's map: those of the state up as its own, and unless routes are withdrawn, what the others have
 * else as `down` and `disabled`. offset: of the metrics of its first prefix.
 */
void healthcheck_attributes_add(struct importing *, const struct healthcheck_options *,
    const struct healthcheck_attributes[static HEALTHCHECK_STATES], int64_t offset, json_t *check);

#endif
