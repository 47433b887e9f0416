/*
 * A YAML or JSON document as a tree whose every node knows its line and column: what libyaml's events
 * say, nothing more. Anchors, aliases and merge keys are resolved here; sizes, depth and alias expansion
 * are bounded here; duplicate keys are refused here. Scalars stay text: types are the option table's
 * affair (`65000:10` is a community, not a number in base 60).
 */
#ifndef EXACHECK_TREE_H
#define EXACHECK_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnostic.h"

enum node_type { NODE_NULL, NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
	enum node_type type;
	unsigned line, column; /* from 1 */
	bool quoted;  /* SCALAR: written with quotes, as a block or with a tag */
	char *text;   /* SCALAR; no NUL inside */
	size_t count; /* SEQUENCE, MAPPING */
	struct node **keys;  /* MAPPING: scalars */
	struct node **items; /* SEQUENCE: items; MAPPING: values */
};

struct tree; /* owns every node */

/*
 * Read and parse a file (regular file of at most 16 MiB, UTF-8; JSON when its name ends in .json). NULL
 * after reporting at least one error. An empty document is an error. A tree may come with errors that
 * did not stop reading (duplicate keys, unknown tags), so that the rest can be looked at too: a caller
 * that uses it asks diagnostics_count.
 */
struct tree *tree_load(const char *path, struct diagnostics *);
/* What it reads: malloc'd, without a NUL at its end. NULL after reporting an error. */
char *tree_text(const char *path, size_t *length, struct diagnostics *);
/* The same from memory; path is for messages. */
struct tree *tree_parse(const char *path, const char *text, size_t length, struct diagnostics *);
const struct node *tree_root(const struct tree *);
void tree_free(struct tree *);

/* The value of a key, or NULL. mapping may be NULL or no map. */
const struct node *node_get(const struct node *mapping, const char *key);
const char *node_type_name(enum node_type); /* "a map", "a list", "a value", "nothing" */

#endif
