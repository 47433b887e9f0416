/*
 * Where in the document a value stands, for people: checks[2] (web).args.port. Lists count from 1; an
 * item of checks carries its name. A chain of places lives on the stack and is only written out for a
 * finding.
 */
#ifndef EXACHECK_PLACE_H
#define EXACHECK_PLACE_H

#include <stddef.h>

#include "diagnostic.h"
#include "tree.h"

#define PLACE_TEXT_SIZE 512

struct place {
	const struct place *parent; /* NULL: the document */
	const char *key;	    /* of a map, or NULL */
	size_t number;		    /* of a list, from 1, when there is no key */
	const char *name;	    /* of an item, or NULL */
};

/* Returns text, "" for NULL. Cut when too long. */
const char *place_format(const struct place *, char text[static PLACE_TEXT_SIZE]);

/* Record a finding about a node. */
void place_report(struct diagnostics *, enum severity, const struct place *, const struct node *, const char *format,
    ...) __attribute__((format(printf, 5, 6)));

#endif
