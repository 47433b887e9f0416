/*
 * The addresses that ExaBGP's healthcheck announces, in parts that a check of ours can each announce: of one family, on
 * one interface, and with metrics that grow evenly.
 */
#ifndef EXACHECK_HEALTHCHECK_PARTS_H
#define EXACHECK_HEALTHCHECK_PARTS_H

#include "healthcheck_options.h"

struct healthcheck_part {
	int family;
	const char *interface; /* of the options, or "lo" */
	int64_t offset;	       /* to add to each metric */
	int64_t increase;      /* of the metric, for each further prefix; never negative */
	struct string_list prefixes;
};

struct healthcheck_parts {
	struct healthcheck_part *items;
	size_t count;
};

/* False: there are none, or something is wrong; noted. The options must outlive the parts, which are freed either way. */
bool healthcheck_parts_make(struct importing *, const struct healthcheck_options *, struct healthcheck_parts *);
void healthcheck_parts_free(struct healthcheck_parts *);

#endif
