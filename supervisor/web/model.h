/*
 * What exacheck-web knows: the latest of everything that the supervisor has told it, by lines of JSON (feed.h). Pure:
 * touches neither files nor sockets; whoever needs the time is given it.
 */
#ifndef EXACHECK_WEB_MODEL_H
#define EXACHECK_WEB_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../common/monotime.h"

#define MODEL_RECENT 32 /* executions */

struct model;

/* A check or a group, all of it the model's, until the next line. */
struct model_node {
	const char *name;
	bool group;
	uint64_t sequence; /* of the model, when this came */
	json_t *map; /* see view_node; without "recent"; NULL: nothing is known of it but its name */
	char *text;  /* the map as JSON; NULL as map is */
	char *recent[MODEL_RECENT]; /* a check's last executions, each as JSON, the oldest first */
	unsigned recent_count;
};

/* What a line did. */
enum model_news {
	MODEL_SAME,  /* nothing that is to be seen has changed */
	MODEL_NEWS,  /* the sequence is another one */
	MODEL_BYE,   /* orderly end: model_live is false from now on */
	MODEL_BAD,   /* not what the supervisor says, or out of memory: the model is as it was */
};

/*
 * It begins now: numbers of models that began earlier, as a client may still have them, are all below its own. NULL: out of
 * memory.
 */
struct model *model_new(monotime_t now);
void model_free(struct model *);

/* Take a line without its newline. */
enum model_news model_take(struct model *, const char *line, size_t length, monotime_t now);

/* The supervisor is gone without a word: model_live is false from now on. */
void model_gone(struct model *);

/* Whether the supervisor lives, as far as is known; false before its first word. */
bool model_live(const struct model *);

/* When it was heard last; MONOTIME_NEVER: not yet. */
monotime_t model_heard(const struct model *);

/*
 * Numbers that only rise: of the last change of anything (live or not is one as well), and of the last change of the set of
 * nodes or their order. model_known: whether a number can be one of this model's.
 */
uint64_t model_sequence(const struct model *);
uint64_t model_order(const struct model *);
bool model_known(const struct model *, uint64_t number);

/* exacheck itself: see view_exacheck; NULL: nothing is known yet. The model's. */
const json_t *model_exacheck(const struct model *);

/* Nodes in the order of the configuration, all checks before all groups. */
size_t model_count(const struct model *);
const struct model_node *model_at(const struct model *, size_t);
/* NULL: there is none of that name. */
const struct model_node *model_find(const struct model *, const char *name);

/* Write the node as view_node has it with VIEW_FULL, but for rules; it has a map. */
void model_print(const struct model_node *, FILE *);

#endif
