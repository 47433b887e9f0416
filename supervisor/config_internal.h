/*
 * What the files of the configuration share among themselves: config.c reads the document,
 * config_check.c one check, config_node.c what a check has in common with a group, config_attributes.c what it
 * announces with, config_overlap.c compares nodes, config_tables.c holds the tables.
 */
#ifndef EXACHECK_CONFIG_INTERNAL_H
#define EXACHECK_CONFIG_INTERNAL_H

#include "config.h"
#include "place.h"
#include "tree.h"

/* Decode and validate one check (an item of checks at this place); what fails is reported. */
void check_decode(struct diagnostics *, const struct place *, const struct node *, struct check_config *);
void check_free(struct check_config *);

/* Validate what is common to checks and groups (their map, at this place), once the table has been decoded. */
void node_check(struct diagnostics *, const struct place *, const struct node *, struct node_config *);
/* Free what node_check made; the rest is the table's. */
void node_free(struct node_config *);

/* Validate the attributes of a node and its states, and make their texts. */
void node_attributes_make(struct diagnostics *, const struct place *, const struct node *, struct node_config *);

/* Drop what stands twice in the list under a key of the map (at this place), with a warning. */
void list_unique(struct diagnostics *, const struct place *, const struct node *, const char *key,
    struct string_list *);

/*
 * Compare all checks of the list that they were decoded from: names used twice are errors; with
 * routes_too, prefixes that several checks announce are warnings.
 */
void config_compare(struct diagnostics *, const struct place *list_place, const struct node *list,
    const struct config *, bool routes_too);

/* The value of a key, or the map itself when the key has none: where a finding about the key stands. */
const struct node *node_for(const struct node *mapping, const char *key);

#endif
