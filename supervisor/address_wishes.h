/*
 * Which addresses are wanted, by the states of the nodes that have them, as the lines that exacheck-address is told. Knows
 * no process and no clock.
 *
 * An address is wanted as long as there is its node; a dynamic one while the node's routes are announced with its own
 * attributes, because it drains or because the guard keeps them. While it is not known what its node wants, after a
 * start, it is held: left as it is; and so for a while when it is not wanted any more, so that its route goes first,
 * whether its node came down or a reload has taken the node, or the prefix, away. Of several wishes for one address the
 * strongest counts.
 */
#ifndef EXACHECK_ADDRESS_WISHES_H
#define EXACHECK_ADDRESS_WISHES_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/monotime.h"

struct address_wishes;
struct checks;
struct config;

/* Nothing is wanted yet. NULL: out of memory. */
struct address_wishes *address_wishes_new(void);
void address_wishes_free(struct address_wishes *);

/* From now on as this configuration says. False: out of memory, and it is as before. */
bool address_wishes_follow(struct address_wishes *, const struct config *);

/* Whether any node has addresses; whether what is wanted can change while the configuration does not. */
bool address_wishes_any(const struct address_wishes *);
bool address_wishes_dynamic(const struct address_wishes *);

/* Somebody listens who knows nothing; nothing is wanted any more, whatever comes. */
void address_wishes_begin(struct address_wishes *);
void address_wishes_end(struct address_wishes *);

/*
 * What is wanted now. The checks are of the configuration that is followed. Returns whether it is another than was told;
 * *next: when it may be another one even if nothing happens.
 */
bool address_wishes_look(struct address_wishes *, const struct checks *, monotime_t now, monotime_t *next);

/* How many addresses are wanted, without those that are held. */
size_t address_wishes_count(const struct address_wishes *);

/* That as a line with its newline, malloc'd; NULL: out of memory. address_wishes_told: it was told. */
char *address_wishes_line(const struct address_wishes *);
void address_wishes_told(struct address_wishes *);

#endif
