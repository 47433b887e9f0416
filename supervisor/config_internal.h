/*
 * What the files of the configuration share among themselves: config.c reads the document,
 * config_check.c one check, config_node.c what a check has in common with a group, config_attributes.c what it
 * announces with, config_group.c groups and their members, config_names.c and config_overlap.c compare nodes,
 * config_addresses.c is about the addresses that are put on interfaces, config_sources.c says where nodes stand,
 * config_logging.c and config_notify.c are about whom exacheck tells what happens, config_filters.c about the names
 * these ask for, config_surroundings.c about the machine, config_programs.c about what is installed of exacheck,
 * config_lists.c about what lists have in common, config_tables*.c hold the tables.
 */
#ifndef EXACHECK_CONFIG_INTERNAL_H
#define EXACHECK_CONFIG_INTERNAL_H

#include "config.h"
#include "place.h"
#include "tree.h"

/* Decode and validate one check (an item of checks at this place); what fails is reported. text_bytes: see below. */
void check_decode(struct diagnostics *, const struct place *, const struct node *, struct check_config *,
    size_t *text_bytes);
void check_free(struct check_config *);

/*
 * Validate what is common to checks and groups (their map, at this place), once the table has been decoded. text_bytes:
 * how long the texts of all nodes are, which has a limit.
 */
void node_check(struct diagnostics *, const struct place *, const struct node *, struct node_config *,
    size_t *text_bytes);
/* Free what node_check made; the rest is the table's. */
void node_free(struct node_config *);

/* Validate the attributes of a node and its states, and make their texts. */
void node_attributes_make(struct diagnostics *, const struct place *, const struct node *, struct node_config *,
    size_t *text_bytes);

/*
 * The list of at most `most` items under a key of the document, NULL: there is none. False: something else, which has
 * been reported.
 */
bool list_find(struct diagnostics *, const struct node *root, const char *key, size_t most, const struct node **list);

/* A list of words under a key of the map (at this place) that says what to let through: unique, and never empty. */
void list_words_check(struct diagnostics *, const struct place *, const struct node *, const char *key,
    struct string_list *);

/* Drop what stands twice in the list under a key of the map (at this place), with a warning. */
void list_unique(struct diagnostics *, const struct place *, const struct node *, const char *key,
    struct string_list *);

/* Decode the document's logging, notifications. False: out of memory. To be freed either way. */
bool loggers_decode(struct diagnostics *, const struct node *root, struct config *);
void config_loggers_free(struct config *);
bool notifications_decode(struct diagnostics *, const struct node *root, struct config *);
void notifications_free(struct config *);
/* Validate the document's sentry, once its table has been decoded. */
void sentry_check(struct diagnostics *, const struct node *root, struct sentry_options *);

/* Report names of checks that they ask for and that nothing has. False: out of memory. */
bool filters_check(struct diagnostics *, const struct node *root, const struct config *);
/*
 * Look at what a configuration without errors needs of this machine. directories: also whether log files can be made in
 * theirs, which may have to wait for a file system.
 */
void surroundings_check(struct diagnostics *, const struct node *root, const struct config *, bool directories);
/* Report programs of exacheck itself that it needs and that are not installed. */
void programs_check(struct diagnostics *, const struct node *root, const struct config *);

/* Whether any command is set. */
bool hooks_any(const struct hook_options *);

/* Where the nodes of a configuration stand in its document. */
struct sources {
	const struct config *config;
	const struct node *exacheck; /* a map, or NULL */
	const struct node *checks; /* a list */
	const struct node *groups; /* a list, or NULL: there are none */
};

/* The place of a node, by its rank, and the item of its list. */
struct place sources_place(const struct sources *, size_t rank);
const struct node *sources_map(const struct sources *, size_t rank);

/* "BEFORE checks[1] (web) at line 4AFTER", at a key of a node. */
void sources_report_pair(struct diagnostics *, const struct sources *, size_t rank, size_t other, enum severity,
    const char *key, const char *before, const char *after);

/* Names of all nodes, sorted; a node whose name is no good has none. */
struct name {
	const char *text; /* the node's */
	size_t rank;
};
struct names {
	struct name *list; /* owned */
	size_t count;
};

/* False: out of memory. To be freed either way. */
bool names_make(struct names *, const struct config *);
void names_free(struct names *);
size_t names_find(const struct names *, const char *); /* the rank of the first, SIZE_MAX: none */
/*
 * The name, of the first `below` nodes of the configuration, that text is probably a misspelling of; NULL: none.
 * findings: how many there are already, which bounds what is spent on this.
 */
const char *names_suggest(const struct config *, size_t below, const char *text, size_t findings);
/* Those that are used twice are errors. */
void names_compare(struct diagnostics *, const struct sources *, const struct names *);

/*
 * Decode the groups, whose checks have been decoded, and report what checks and groups say of each other: names,
 * members, prefixes that must be there. False: out of memory.
 */
bool groups_decode(struct diagnostics *, const struct sources *, struct config *, size_t *text_bytes);
void group_free(struct group_config *);

/*
 * Report routes that several nodes announce, and a guard that lets none go, of a configuration without errors. False:
 * out of memory.
 */
bool routes_compare(struct diagnostics *, const struct sources *);

/* What the table cannot say of a node's addresses; where its map is there, the interface is named. */
void ip_setup_check(struct diagnostics *, const struct place *, const struct node *, struct node_config *);
/* Report what several nodes want of one address, and too many, of a configuration without errors. False: out of memory. */
bool ip_setups_compare(struct diagnostics *, const struct sources *);

/* The value of a key, or the map itself when the key has none: where a finding about the key stands. */
const struct node *node_for(const struct node *mapping, const char *key);

#endif
