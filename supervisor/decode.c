/*
 * Decoding by option tables: nothing here knows a key of the configuration. Touches memory only.
 * Invariant: base always stays a struct that options_free can free, whatever the document says.
 */
#include "decode.h"

#include <stdlib.h>
#include <string.h>

#include "config_home.h"

struct decoder {
	struct diagnostics *diagnostics;
	const struct option *table;
	const char *const *also;
	void *base;
};

static bool
is_text(const struct option *option)
{
	return option->type >= OPTION_STRING && option->type < OPTION_TABLE;
}

bool
decode_expect(struct diagnostics *diagnostics, const struct place *place, const struct node *node, enum node_type type)
{
	if (node->type == type)
		return true;
	place_report(diagnostics, SEVERITY_ERROR, place, node, "must be %s, got %s", node_type_name(type),
	    node_type_name(node->type));
	return false;
}

static const char *
choice_name(const void *context, size_t index)
{
	const struct option *option = context;

	return option->choices[index];
}

/* One scalar into value; false after reporting. */
static bool
scalar_parse(struct diagnostics *diagnostics, const struct place *place, const struct node *node,
    const struct option *option, void *value)
{
	char error[OPTION_ERROR_SIZE], meant[SUGGEST_TEXT_SIZE];
	const char *name;

	if (!decode_expect(diagnostics, place, node, NODE_SCALAR))
		return false;
	if (option_parse_scalar(option, node->text, value, error))
		return true;
	name = option->choices != NULL ? suggest(node->text, choice_name, option) : NULL;
	place_report(diagnostics, SEVERITY_ERROR, place, node, "%s%s", error, suggest_format(name, meant));
	return false;
}

static void
decode_scalar(struct decoder *decoder, const struct place *place, const struct node *node, const struct option *option)
{
	char **text = option_at(option, decoder->base), *parsed = NULL;

	if (!is_text(option)) {
		scalar_parse(decoder->diagnostics, place, node, option, option_at(option, decoder->base));
		return;
	}
	if (!scalar_parse(decoder->diagnostics, place, node, option, &parsed))
		return;
	free(*text); /* the default */
	*text = parsed;
}

static void
list_add(struct decoder *decoder, const struct place *place, const struct node *node, const struct option *option)
{
	char *parsed = NULL;

	if (!scalar_parse(decoder->diagnostics, place, node, option, &parsed))
		return;
	if (!string_list_add(option_at(option, decoder->base), parsed))
		place_report(decoder->diagnostics, SEVERITY_ERROR, place, node, "out of memory");
}

/* A single value stands for a list of one. */
static void
decode_list(struct decoder *decoder, const struct place *place, const struct node *node, const struct option *option)
{
	string_list_free(option_at(option, decoder->base));
	if (node->type == NODE_SCALAR) {
		list_add(decoder, place, node, option);
		return;
	}
	if (!decode_expect(decoder->diagnostics, place, node, NODE_SEQUENCE))
		return;
	if (node->count == 0 && (option->flags & OPTION_REQUIRED) != 0)
		place_report(decoder->diagnostics, SEVERITY_ERROR, place, node, "must not be empty");
	for (size_t i = 0; i < node->count; i++)
		list_add(decoder, &(struct place){.parent = place, .number = i + 1}, node->items[i], option);
}

static void
decode_map(struct decoder *decoder, const struct place *place, const struct node *node, const struct option *option)
{
	struct string_map *map = option_at(option, decoder->base);

	string_map_free(map);
	if (!decode_expect(decoder->diagnostics, place, node, NODE_MAPPING))
		return;
	for (size_t i = 0; i < node->count; i++) {
		struct place inner = {.parent = place, .key = node->keys[i]->text};
		char *key, *value = NULL;

		if (!scalar_parse(decoder->diagnostics, &inner, node->items[i], option, &value))
			continue;
		if ((key = strdup(node->keys[i]->text)) == NULL || !string_map_add(map, key, value)) {
			if (key == NULL)
				free(value);
			place_report(decoder->diagnostics, SEVERITY_ERROR, &inner, node->items[i], "out of memory");
		}
	}
}

static void
decode_value(struct decoder *decoder, const struct place *place, const struct node *node, const struct option *option)
{
	if (option->type == OPTION_TABLE)
		decode_options(decoder->diagnostics, place, node, option->table, NULL,
		    option_at(option, decoder->base));
	else if ((option->flags & OPTION_LIST) != 0)
		decode_list(decoder, place, node, option);
	else if ((option->flags & OPTION_MAP) != 0)
		decode_map(decoder, place, node, option);
	else
		decode_scalar(decoder, place, node, option);
}

/* Every key that the map may have: the caller's, then the table's. */
static const char *
known_key(const void *context, size_t index)
{
	const struct decoder *decoder = context;
	const char *const *also = decoder->also;

	for (; also != NULL && *also != NULL; also++)
		if (index-- == 0)
			return *also;
	for (const struct option *option = decoder->table; option->name != NULL; option++)
		if (index-- == 0)
			return option->name;
	return NULL;
}

static void
report_unknown(struct decoder *decoder, const struct place *place, const struct node *key)
{
	const char *home = config_home(decoder->table, key->text);
	char meant[SUGGEST_TEXT_SIZE];

	if (home != NULL) /* rather the wrong place than a slip of the pen */
		place_report(decoder->diagnostics, SEVERITY_ERROR, place, key, "unknown key here; it is one of %s", home);
	else
		place_report(decoder->diagnostics, SEVERITY_ERROR, place, key, "unknown key%s",
		    suggest_format(suggest(key->text, known_key, decoder), meant));
}

static void
report_missing(struct diagnostics *diagnostics, const struct place *place, const struct node *node,
    const struct option *option)
{
	const struct node *empty = node_get(node, option->name);

	if ((option->flags & OPTION_REQUIRED) != 0)
		place_report(diagnostics, SEVERITY_ERROR, &(struct place){.parent = place, .key = option->name},
		    empty != NULL ? empty : node, empty != NULL ? "is required and has no value" : "is required");
}

static bool
is_also(const struct decoder *decoder, const char *key)
{
	const char *const *also = decoder->also;

	for (; also != NULL && *also != NULL; also++)
		if (strcmp(*also, key) == 0)
			return true;
	return false;
}

uint64_t
decode_options(struct diagnostics *diagnostics, const struct place *place, const struct node *node,
    const struct option *table, const char *const *also, void *base)
{
	struct decoder decoder = {diagnostics, table, also, base};
	uint64_t given = 0;

	/* `args:` with nothing behind it is an empty map. */
	if (node->type != NODE_NULL && !decode_expect(diagnostics, place, node, NODE_MAPPING))
		return 0;
	for (size_t i = 0; i < node->count; i++) {
		const struct node *key = node->keys[i], *value = node->items[i];
		struct place inner = {.parent = place, .key = key->text};
		const struct option *option;

		if (is_also(&decoder, key->text))
			continue;
		if ((option = option_find(table, key->text)) == NULL)
			report_unknown(&decoder, &inner, key);
		else if (value->type != NODE_NULL) {
			given |= UINT64_C(1) << (option - table);
			decode_value(&decoder, &inner, value, option);
		}
	}
	for (const struct option *option = table; option->name != NULL; option++)
		if ((given >> (option - table) & 1) == 0)
			report_missing(diagnostics, place, node, option);
	return given;
}

bool
decode_option(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    const struct option *option, void *base)
{
	struct decoder decoder = {.diagnostics = diagnostics, .base = base};
	const struct node *node = node_get(map, option->name);
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);

	if (node == NULL || node->type == NODE_NULL)
		report_missing(diagnostics, place, map, option);
	else
		decode_value(&decoder, &(struct place){.parent = place, .key = option->name}, node, option);
	return diagnostics_count(diagnostics, SEVERITY_ERROR) == errors;
}
