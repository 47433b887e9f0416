/*
 * From libyaml's events to a tree of nodes. Touches memory only; files are read by tree_load.c.
 * Invariant: memory and time are bounded by the size of the text and by the limits below, whatever the
 * text says: an alias shares the node that it names and is charged what that node expands to.
 */
#include "tree.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "../common/option_error.h"
#include "json_text.h"
#include "tree_merge.h"

#define TAG_SHOWN_MAX 60
#define DEPTH_MAX 64
#define NODES_MAX 500000 /* values in all, aliases counted as often as they are used */

#define CORE_TAG "tag:yaml.org,2002:"

struct owned_node {
	struct node node; /* first: a node of the tree is its owned_node */
	size_t weight;	  /* nodes that it expands to, itself included */
	struct owned_node *next;
};

struct tree {
	struct node *root;
	struct owned_node *nodes;
};

struct anchor {
	char *name;
	struct owned_node *node;
	bool open; /* still being built: an alias would make a loop */
};

struct builder {
	yaml_parser_t parser;
	const char *text;
	size_t length;
	struct diagnostics *diagnostics;
	struct tree *tree;
	void *anchors;	 /* tsearch(3) tree of struct anchor */
	size_t expanded; /* nodes so far, against NODES_MAX */
};

static struct owned_node *build(struct builder *, const yaml_event_t *, unsigned depth);

static void
report(struct builder *builder, const yaml_mark_t *mark, const char *message)
{
	diagnostic_add(builder->diagnostics, SEVERITY_ERROR, (unsigned)mark->line + 1, (unsigned)mark->column + 1,
	    NULL, "%s", message);
}

static void
report_memory(struct builder *builder)
{
	diagnostic_add(builder->diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
}

/* The byte at a mark, or NUL past the end. */
static char
text_at(const struct builder *builder, const yaml_mark_t *mark)
{
	const char *at = builder->text, *end = at + builder->length;
	size_t column = mark->column;

	for (size_t line = 0; line < mark->line && at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline == NULL ? end : newline + 1;
	}
	for (; at < end; at++)
		if (((unsigned char)*at & 0xc0) != 0x80 && column-- == 0)
			return *at;
	return '\0';
}

/* A byte that is no UTF-8, or a character that YAML does not allow: libyaml gives an offset only. */
static void
report_reader(struct builder *builder)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < builder->parser.problem_offset && i < builder->length; i++) {
		column = builder->text[i] == '\n' ? 1 : column + 1;
		line += builder->text[i] == '\n';
	}
	diagnostic_add(builder->diagnostics, SEVERITY_ERROR, line, column, NULL,
	    "not a text file in UTF-8: %s (byte 0x%02x)", builder->parser.problem,
	    (unsigned)builder->parser.problem_value);
}

static void
report_parser(struct builder *builder)
{
	const yaml_parser_t *parser = &builder->parser;
	unsigned line = (unsigned)parser->problem_mark.line + 1, column = (unsigned)parser->problem_mark.column + 1;
	char at = text_at(builder, &parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		report_memory(builder);
	else if (parser->error == YAML_READER_ERROR)
		report_reader(builder);
	else if (strstr(parser->problem, "cannot start any token") != NULL && at == '\t')
		report(builder, &parser->problem_mark, "a tab cannot indent: use blanks");
	else if (strstr(parser->problem, "cannot start any token") != NULL)
		diagnostic_add(builder->diagnostics, SEVERITY_ERROR, line, column, NULL,
		    "a value cannot begin with '%c' unless it is quoted", at);
	else if (parser->context != NULL)
		diagnostic_add(builder->diagnostics, SEVERITY_ERROR, line, column, NULL,
		    "%s (%s from line %zu column %zu)", parser->problem, parser->context, parser->context_mark.line + 1,
		    parser->context_mark.column + 1);
	else
		report(builder, &parser->problem_mark, parser->problem);
}

static bool
event_next(struct builder *builder, yaml_event_t *event)
{
	if (yaml_parser_parse(&builder->parser, event) == 1)
		return true;
	report_parser(builder);
	return false;
}

/* Charge the builder for nodes; false after reporting that the limit is passed. */
static bool
charge(struct builder *builder, const yaml_event_t *event, size_t nodes)
{
	builder->expanded += nodes;
	if (builder->expanded <= NODES_MAX)
		return true;
	diagnostic_add(builder->diagnostics, SEVERITY_ERROR, (unsigned)event->start_mark.line + 1,
	    (unsigned)event->start_mark.column + 1, NULL,
	    event->type == YAML_ALIAS_EVENT ? "the aliases up to here expand to more than %d values: the limit"
					    : "more than %d values up to here: the limit",
	    NODES_MAX);
	return false;
}

static struct owned_node *
node_new(struct builder *builder, const yaml_event_t *event, enum node_type type)
{
	struct owned_node *owned;

	if (!charge(builder, event, 1))
		return NULL;
	if ((owned = calloc(1, sizeof(*owned))) == NULL) {
		report_memory(builder);
		return NULL;
	}
	owned->node.type = type;
	owned->node.line = (unsigned)event->start_mark.line + 1;
	owned->node.column = (unsigned)event->start_mark.column + 1;
	owned->weight = 1;
	owned->next = builder->tree->nodes;
	builder->tree->nodes = owned;
	return owned;
}

static int
anchor_compare(const void *a, const void *b)
{
	return strcmp(((const struct anchor *)a)->name, ((const struct anchor *)b)->name);
}

static void
anchor_free(void *pointer)
{
	struct anchor *anchor = pointer;

	free(anchor->name);
	free(anchor);
}

static struct anchor *
anchor_find(struct builder *builder, const char *name)
{
	struct anchor **found, key = {.name = strdup(name)};

	if (key.name == NULL)
		return NULL;
	found = tfind(&key, &builder->anchors, anchor_compare);
	free(key.name);
	return found == NULL ? NULL : *found;
}

/* Remember a node by its anchor; a later one of the same name takes its place, as YAML has it. */
static bool
anchor_set(struct builder *builder, const yaml_char_t *name, struct owned_node *node, bool open)
{
	struct anchor *anchor;

	if (name == NULL)
		return true;
	if ((anchor = anchor_find(builder, (const char *)name)) == NULL) {
		if ((anchor = calloc(1, sizeof(*anchor))) == NULL ||
		    (anchor->name = strdup((const char *)name)) == NULL ||
		    tsearch(anchor, &builder->anchors, anchor_compare) == NULL) {
			if (anchor != NULL)
				anchor_free(anchor);
			report_memory(builder);
			return false;
		}
	}
	anchor->node = node;
	anchor->open = open;
	return true;
}

static struct owned_node *
build_alias(struct builder *builder, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct anchor *anchor = anchor_find(builder, name);

	if (anchor == NULL || anchor->open) {
		diagnostic_add(builder->diagnostics, SEVERITY_ERROR, (unsigned)event->start_mark.line + 1,
		    (unsigned)event->start_mark.column + 1, NULL,
		    anchor == NULL ? "no anchor &%s stands before this alias" : "the alias *%s contains itself", name);
		return NULL;
	}
	return charge(builder, event, anchor->node->weight) ? anchor->node : NULL;
}

/*
 * Only tags that say what the value is anyway: types are the option table's affair. An unknown one is
 * reported, and reading goes on.
 */
static void
tag_check(struct builder *builder, const yaml_event_t *event, const yaml_char_t *tag, const char *const *allowed)
{
	const char *text = (const char *)tag;
	bool core;

	if (text == NULL || strcmp(text, "!") == 0)
		return;
	core = strncmp(text, CORE_TAG, strlen(CORE_TAG)) == 0;
	if (core)
		text += strlen(CORE_TAG);
	for (; core && *allowed != NULL; allowed++)
		if (strcmp(text, *allowed) == 0)
			return;
	diagnostic_add(builder->diagnostics, SEVERITY_ERROR, (unsigned)event->start_mark.line + 1,
	    (unsigned)event->start_mark.column + 1, NULL, "the tag %s%.*s has no meaning here: leave it out",
	    core ? "!!" : "", (int)option_shown(text, TAG_SHOWN_MAX), text);
}

static bool
is_null(const yaml_event_t *event)
{
	static const char *const spellings[] = {"", "~", "null", "Null", "NULL"};
	const char *tag = (const char *)event->data.scalar.tag, *text = (const char *)event->data.scalar.value;

	if (tag != NULL)
		return strcmp(tag, CORE_TAG "null") == 0;
	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++)
		if (strcmp(text, spellings[i]) == 0)
			return true;
	return false;
}

static struct owned_node *
build_scalar(struct builder *builder, const yaml_event_t *event)
{
	static const char *const tags[] = {"str", "int", "float", "bool", "null", NULL};
	const char *text = (const char *)event->data.scalar.value;
	struct owned_node *owned = node_new(builder, event, is_null(event) ? NODE_NULL : NODE_SCALAR);

	if (owned == NULL)
		return NULL;
	tag_check(builder, event, event->data.scalar.tag, tags);
	if (strlen(text) != event->data.scalar.length)
		report(builder, &event->start_mark, "a value cannot hold a NUL character");
	owned->node.quoted = event->data.scalar.tag != NULL || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (owned->node.type == NODE_SCALAR && (owned->node.text = strdup(text)) == NULL) {
		report_memory(builder);
		return NULL;
	}
	return anchor_set(builder, event->data.scalar.anchor, owned, false) ? owned : NULL;
}

static bool
depth_check(struct builder *builder, const yaml_event_t *event, unsigned depth)
{
	if (depth < DEPTH_MAX)
		return true;
	diagnostic_add(builder->diagnostics, SEVERITY_ERROR, (unsigned)event->start_mark.line + 1,
	    (unsigned)event->start_mark.column + 1, NULL, "nested deeper than %d levels", DEPTH_MAX);
	return false;
}

static bool
items_add(struct node *node, size_t *room, struct node *item)
{
	struct node **items;

	if (node->count == *room) {
		*room = *room == 0 ? 4 : *room * 2;
		if ((items = reallocarray(node->items, *room, sizeof(*items))) == NULL)
			return false;
		node->items = items;
	}
	node->items[node->count++] = item;
	return true;
}

/* The next item: 1, 0 at the end of the list or map, -1 after reporting an error. */
static int
child_next(struct builder *builder, yaml_event_type_t end, unsigned depth, struct owned_node **child)
{
	yaml_event_t event;
	int more;

	if (!event_next(builder, &event))
		return -1;
	more = event.type == end ? 0 : 1;
	if (more == 1 && (*child = build(builder, &event, depth)) == NULL)
		more = -1;
	yaml_event_delete(&event);
	return more;
}

static struct owned_node *
build_sequence(struct builder *builder, const yaml_event_t *event, unsigned depth)
{
	static const char *const tags[] = {"seq", NULL};
	struct owned_node *child, *owned;
	size_t room = 0;
	int more;

	if (!depth_check(builder, event, depth) || (owned = node_new(builder, event, NODE_SEQUENCE)) == NULL)
		return NULL;
	tag_check(builder, event, event->data.sequence_start.tag, tags);
	if (!anchor_set(builder, event->data.sequence_start.anchor, owned, true))
		return NULL;
	while ((more = child_next(builder, YAML_SEQUENCE_END_EVENT, depth + 1, &child)) == 1) {
		if (!items_add(&owned->node, &room, &child->node)) {
			report_memory(builder);
			return NULL;
		}
		owned->weight += child->weight;
	}
	if (more == -1 || !anchor_set(builder, event->data.sequence_start.anchor, owned, false))
		return NULL;
	return owned;
}

/* Keys and values of a map into pairs; false after reporting an error. */
static bool
pairs_read(struct builder *builder, struct pairs *pairs, unsigned depth, size_t *weight)
{
	struct owned_node *key, *value;
	int more;

	while ((more = child_next(builder, YAML_MAPPING_END_EVENT, depth, &key)) == 1) {
		if (child_next(builder, YAML_MAPPING_END_EVENT, depth, &value) != 1)
			return false;
		*weight += key->weight + value->weight;
		if (key->node.type != NODE_SCALAR)
			diagnostic_add(builder->diagnostics, SEVERITY_ERROR, key->node.line, key->node.column, NULL,
			    "a key must be text, got %s", node_type_name(key->node.type));
		else if (!pairs_add(pairs, &key->node, &value->node)) {
			report_memory(builder);
			return false;
		}
	}
	return more == 0;
}

static struct owned_node *
build_mapping(struct builder *builder, const yaml_event_t *event, unsigned depth)
{
	static const char *const tags[] = {"map", NULL};
	struct pairs pairs = {.count = 0};
	struct owned_node *owned;
	bool built;

	if (!depth_check(builder, event, depth) || (owned = node_new(builder, event, NODE_MAPPING)) == NULL)
		return NULL;
	tag_check(builder, event, event->data.mapping_start.tag, tags);
	if (!anchor_set(builder, event->data.mapping_start.anchor, owned, true))
		return NULL;
	built = pairs_read(builder, &pairs, depth + 1, &owned->weight);
	if (built && !(built = pairs_into_mapping(&pairs, &owned->node, builder->diagnostics)))
		report_memory(builder);
	pairs_free(&pairs);
	if (!built || !anchor_set(builder, event->data.mapping_start.anchor, owned, false))
		return NULL;
	return owned;
}

/* The node that an event begins; NULL after reporting an error that makes reading on pointless. */
static struct owned_node *
build(struct builder *builder, const yaml_event_t *event, unsigned depth)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return build_alias(builder, event);
	case YAML_SCALAR_EVENT:
		return build_scalar(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		return build_sequence(builder, event, depth);
	case YAML_MAPPING_START_EVENT:
		return build_mapping(builder, event, depth);
	default:
		report(builder, &event->start_mark, "a value is missing");
		return NULL;
	}
}

/* One event between documents. Returns 1 when it is a document's content, 0 at the end, -1 on an error. */
static int
stream_event(struct builder *builder, const yaml_event_t *event)
{
	struct owned_node *root;

	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		return 0;
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		if (builder->tree->root == NULL)
			return 1;
		report(builder, &event->start_mark, "a second document begins here: a file holds one configuration");
		return -1;
	default:
		if ((root = build(builder, event, 0)) == NULL)
			return -1;
		builder->tree->root = &root->node;
		return 1;
	}
}

static bool
build_document(struct builder *builder)
{
	yaml_event_t event;
	int more = 1;

	while (more == 1) {
		if (!event_next(builder, &event))
			return false;
		more = stream_event(builder, &event);
		yaml_event_delete(&event);
	}
	if (more == -1)
		return false;
	if (builder->tree->root == NULL || builder->tree->root->type == NODE_NULL) {
		diagnostic_add(builder->diagnostics, SEVERITY_ERROR, 0, 0, NULL, "is empty: it configures nothing");
		return false;
	}
	return true;
}

static bool
encoding_check(const char *text, size_t length, struct diagnostics *diagnostics)
{
	if (length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "is in UTF-16: save it as UTF-8");
		return false;
	}
	return true;
}

/* Parse what is YAML by now. */
static struct tree *
yaml_parse(const char *text, size_t length, struct diagnostics *diagnostics)
{
	struct builder builder = {.text = text, .length = length, .diagnostics = diagnostics};
	bool built;

	if ((builder.tree = calloc(1, sizeof(*builder.tree))) == NULL || yaml_parser_initialize(&builder.parser) != 1) {
		free(builder.tree);
		report_memory(&builder);
		return NULL;
	}
	yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, length);
	yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
	built = build_document(&builder);
	tdestroy(builder.anchors, anchor_free);
	yaml_parser_delete(&builder.parser);
	if (built)
		return builder.tree;
	tree_free(builder.tree);
	return NULL;
}

struct tree *
tree_parse(const char *path, const char *text, size_t length, struct diagnostics *diagnostics)
{
	struct tree *tree;
	char *yaml;

	if (!encoding_check(text, length, diagnostics))
		return NULL;
	if (!json_text_is(path))
		return yaml_parse(text, length, diagnostics);
	if ((yaml = json_text_to_yaml(text, &length)) == NULL) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
		return NULL;
	}
	tree = yaml_parse(yaml, length, diagnostics);
	free(yaml);
	return tree;
}

const struct node *
tree_root(const struct tree *tree)
{
	return tree->root;
}

void
tree_free(struct tree *tree)
{
	struct owned_node *owned, *next;

	if (tree == NULL)
		return;
	for (owned = tree->nodes; owned != NULL; owned = next) {
		next = owned->next;
		free(owned->node.text);
		free(owned->node.keys);
		free(owned->node.items);
		free(owned);
	}
	free(tree);
}

const struct node *
node_get(const struct node *mapping, const char *key)
{
	if (mapping == NULL || mapping->type != NODE_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->count; i++)
		if (strcmp(mapping->keys[i]->text, key) == 0)
			return mapping->items[i];
	return NULL;
}

const char *
node_type_name(enum node_type type)
{
	static const char *const names[] = {
	    [NODE_NULL] = "nothing", [NODE_SCALAR] = "a value", [NODE_SEQUENCE] = "a list", [NODE_MAPPING] = "a map"};

	return names[type];
}
