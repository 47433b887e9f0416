/*
 * A node's routing keys as the attribute part of an ExaBGP command, in spellings that every ExaBGP
 * version takes alike; numbers only, no word of the configuration.
 */
#ifndef EXACHECK_ATTRIBUTES_H
#define EXACHECK_ATTRIBUTES_H

#include <stdbool.h>

#include "config.h"

/*
 * "next-hop self med 100 local-preference 200 as-path [ 1 2 ] community [ 65000:1 ]
 * large-community [ 1:2:3 ] extended-community [ 0x… ]": what is set, in this order. What the set has
 * replaces the node's own (NULL: nothing). prefix: its number in the node's list, by which the MED grows. malloc'd.
 */
char *attributes_format(const struct node_config *, const struct attribute_set *, size_t prefix);

/* Whether the set has anything. */
bool attribute_set_any(const struct attribute_set *);

#endif
