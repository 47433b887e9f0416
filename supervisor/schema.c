/*
 * The JSON Schema (draft 2020-12) of the configuration, from the option tables. Touches the file that it
 * prints to. Invariant: it accepts whatever the option tables accept; it may accept more.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../common/log.h"
#include "../common/option_type.h"
#include "config.h"

/* What a scalar may look like besides its storage's own form: numbers may be quoted, names may look like numbers. */
struct scalar_schema {
	const char *word;    /* what people call the type, also in exacheck.yaml(5) */
	const char *types;   /* JSON types, blanks between */
	const char *pattern; /* of the string, or NULL */
};

#define NUMBER_PATTERN "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$"

static const struct scalar_schema scalars[OPTION_TYPES] = {
    [OPTION_BOOL] = {"boolean", "boolean string",
	"^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff])$"},
    [OPTION_INTEGER] = {"integer", "integer string", "^[+-]?[0-9]+$"},
    [OPTION_NUMBER] = {"number", "number string", NUMBER_PATTERN},
    [OPTION_SECONDS] = {"seconds", "number string", NUMBER_PATTERN},
    [OPTION_PATH_ID] = {"integer or dotted quad", "integer string", "^[0-9]+(\\.[0-9]+\\.[0-9]+\\.[0-9]+)?$"},
    [OPTION_PERCENT] = {"percentage", "string", "^\\+?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?%$"},
    [OPTION_MODE] = {"octal", "integer string", "^[0-7]{1,4}$"},
    [OPTION_SIZE] = {"size", "integer string", "^[0-9]+ *([KkMmGgTt]([Ii][Bb]|[Bb])?|[Bb])?$"},
    [OPTION_STRING] = {"string", "string number boolean", NULL},
    [OPTION_NAME] = {"name", "string number boolean", "^[^'\"]+$"},
    [OPTION_PATH] = {"path", "string", "^/"},
    [OPTION_PATTERN] = {"pattern", "string number boolean", NULL},
    [OPTION_HOST] = {"address or name", "string", NULL},
    [OPTION_ADDRESS] = {"address", "string", NULL},
    [OPTION_NEXT_HOP] = {"address or self", "string", NULL},
    [OPTION_PREFIX] = {"network", "string", NULL},
    [OPTION_COMMUNITY] = {"community", "string integer", NULL},
    [OPTION_AS_PATH] = {"AS path", "integer string number", NULL},
    [OPTION_STATUS] = {"status", "integer string", "^[1-5][0-9][0-9]([ ]*-[ ]*[1-5][0-9][0-9])?$"},
    [OPTION_URL] = {"URL", "string", "^[Hh][Tt][Tt][Pp][Ss]?://"},
    [OPTION_DNS_NAME] = {"domain name", "string number", NULL},
    [OPTION_DNS_TYPE] = {"record type", "string", NULL},
    [OPTION_DNS_RCODE] = {"response code", "string integer", NULL},
    [OPTION_HEADER_VALUE] = {"string", "string number boolean", NULL},
    [OPTION_RECEIVER] = {"path, address or name", "string", NULL},
    [OPTION_SECRET] = {"string", "string", NULL},
    [OPTION_CHOICE] = {"word", NULL, NULL},
    [OPTION_WORD] = {"word", NULL, NULL},
    [OPTION_TABLE] = {"map", NULL, NULL},
    [OPTION_LISTEN] = {"address:port", "string", "^(\\[.*\\]|[0-9.]+):[0-9]+$"},
};

struct schema {
	bool failed; /* out of memory */
};

static json_t *table_schema(struct schema *, const struct option *);

/* Set a key; value is consumed. */
static void
put(struct schema *schema, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		schema->failed = true;
}

static void
append(struct schema *schema, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		schema->failed = true;
}

static json_t *
number(double value)
{
	if (value >= -9e15 && value <= 9e15 && (double)(json_int_t)value == value)
		return json_integer((json_int_t)value);
	return json_real(value);
}

/* Limits of a number; of a text in bytes, which are never fewer than characters. */
static void
put_range(struct schema *schema, json_t *object, const struct option *option)
{
	bool text = option_types[option->type].storage == STORAGE_TEXT;
	bool above = (option->flags & OPTION_ABOVE_MIN) != 0, bounded = option->min != 0 || option->max != 0;

	if (text && option->min > 0)
		put(schema, object, "minLength", json_integer(1));
	else if (!text && (above || bounded))
		put(schema, object, above ? "exclusiveMinimum" : "minimum", number(option->min));
	if (bounded && option->max >= option->min)
		put(schema, object, text ? "maxLength" : "maximum", number(option->max));
}

/* One word of a choice as YAML readers may see it: in its usual spellings, on and off as booleans too. */
static void
append_choice(struct schema *schema, json_t *list, const char *choice)
{
	char upper[64], lower[64];
	size_t length = strnlen(choice, sizeof(upper) - 1);

	for (size_t i = 0; i < length; i++) {
		upper[i] = choice[i] >= 'a' && choice[i] <= 'z' ? (char)(choice[i] - 0x20) : choice[i];
		lower[i] = choice[i] >= 'A' && choice[i] <= 'Z' ? (char)(choice[i] + 0x20) : choice[i];
	}
	upper[length] = lower[length] = '\0';
	append(schema, list, json_string(choice));
	if (strcmp(upper, choice) != 0)
		append(schema, list, json_string(upper));
	if (strcmp(lower, choice) != 0)
		append(schema, list, json_string(lower));
	if (strcmp(lower, "on") == 0 || strcmp(lower, "off") == 0)
		append(schema, list, json_boolean(strcmp(lower, "on") == 0));
}

/* A pattern for the word in any case: JSON Schema's patterns (ECMA-262) have no flag for that. */
static void
append_any_case(struct schema *schema, json_t *list, const char *choice)
{
	json_t *object = json_object();
	char pattern[256] = "^";
	size_t length = 1;

	for (; *choice != '\0' && length < sizeof(pattern) - 6; choice++)
		if (isalpha((unsigned char)*choice))
			length += (size_t)sprintf(pattern + length, "[%c%c]", toupper((unsigned char)*choice),
			    tolower((unsigned char)*choice));
		else
			pattern[length++] = *choice;
	pattern[length] = '$';
	pattern[length + 1] = '\0';
	put(schema, object, "type", json_string("string"));
	put(schema, object, "pattern", json_string(pattern));
	append(schema, list, object);
}

static void
append_booleans(struct schema *schema, json_t *list, bool value)
{
	append_any_case(schema, list, value ? "yes" : "no");
	append_any_case(schema, list, value ? "true" : "false");
}

/* The enumeration is what editors offer, the patterns what is accepted besides. */
static json_t *
choice_schema(struct schema *schema, const struct option *option)
{
	json_t *object = json_object(), *words = json_object(), *list = json_array(), *forms = json_array();

	for (const char *const *choice = option->choices; *choice != NULL; choice++)
		append_choice(schema, list, *choice);
	put(schema, words, "enum", list);
	append(schema, forms, words);
	for (const char *const *choice = option->choices; *choice != NULL; choice++) {
		append_any_case(schema, forms, *choice);
		if (strcasecmp(*choice, "on") == 0 || strcasecmp(*choice, "off") == 0) /* and as other booleans, quoted or not */
			append_booleans(schema, forms, strcasecmp(*choice, "on") == 0);
	}
	put(schema, object, "anyOf", forms);
	return object;
}

/* One item of the option's type: a list of types, with the limits of those that have any. */
static json_t *
scalar_schema(struct schema *schema, const struct option *option)
{
	const struct scalar_schema *scalar = &scalars[option->type];
	json_t *object, *types;
	char words[64], *rest = words, *word;

	if (option->choices != NULL)
		return choice_schema(schema, option);
	object = json_object();
	types = json_array();
	snprintf(words, sizeof(words), "%s", scalar->types);
	while ((word = strsep(&rest, " ")) != NULL)
		append(schema, types, json_string(word));
	put(schema, object, "type", types);
	if (scalar->pattern != NULL)
		put(schema, object, "pattern", json_string(scalar->pattern));
	if (option->type == OPTION_NAME)
		put(schema, object, "maxLength", json_integer(200));
	put_range(schema, object, option); /* keywords for numbers do not touch strings */
	return object;
}

static json_t *
value_schema(struct schema *schema, const struct option *option)
{
	json_t *object, *forms;

	if (option->type == OPTION_TABLE)
		return table_schema(schema, option->table);
	if ((option->flags & (OPTION_LIST | OPTION_MAP)) == 0)
		return scalar_schema(schema, option);
	object = json_object();
	if ((option->flags & OPTION_MAP) != 0) {
		put(schema, object, "type", json_string("object"));
		put(schema, object, "additionalProperties", scalar_schema(schema, option));
		return object;
	}
	forms = json_array();
	append(schema, forms, scalar_schema(schema, option));
	put(schema, object, "type", json_string("array"));
	put(schema, object, "items", scalar_schema(schema, option));
	if ((option->flags & OPTION_REQUIRED) != 0)
		put(schema, object, "minItems", json_integer(1));
	append(schema, forms, object);
	return json_pack("{s:o}", "oneOf", forms);
}

/* The words of a list's default. */
static json_t *
default_list(const struct option *option)
{
	char *copy = strdup(option->fallback), *rest = copy, *word;
	json_t *list = json_array();

	while (list != NULL && (word = strsep(&rest, " ")) != NULL)
		if (json_array_append_new(list, json_string(word)) != 0) {
			json_decref(list);
			list = NULL;
		}
	free(copy);
	return list;
}

static json_t *
default_json(const struct option *option)
{
	if (option->type == OPTION_SIZE)
		return json_string(option->fallback);
	switch (option_storage(option)) {
	case STORAGE_LIST:
		return default_list(option);
	case STORAGE_BOOL:
		return json_boolean(strcmp(option->fallback, "true") == 0);
	case STORAGE_INTEGER:
	case STORAGE_NUMBER:
		return number(strtod(option->fallback, NULL));
	default:
		return json_string(option->fallback);
	}
}

/* A key without a value is as good as none: null is allowed unless the key is required. */
static json_t *
nullable(struct schema *schema, json_t *value)
{
	json_t *forms = json_array();

	append(schema, forms, value);
	append(schema, forms, json_pack("{s:s}", "type", "null"));
	return json_pack("{s:o}", "anyOf", forms);
}

static void
put_help(struct schema *schema, json_t *object, const struct option *option)
{
	if (option->help == NULL)
		return;
	put(schema, object, "description", option->unit != NULL ? json_sprintf("%s (%s)", option->help, option->unit) :
	    json_string(option->help));
}

/* The type and the unit, as people call them: what JSON's own types do not tell. */
static void
put_type(struct schema *schema, json_t *object, const struct option *option)
{
	const char *word = scalars[option->type].word;

	if (word != NULL && option->unit != NULL && strcmp(word, option->unit) != 0)
		put(schema, object, "$comment", json_sprintf("%s, %s", word, option->unit));
	else if (word != NULL)
		put(schema, object, "$comment", json_string(word));
}

static json_t *
option_schema(struct schema *schema, const struct option *option)
{
	json_t *object = value_schema(schema, option);

	if ((option->flags & OPTION_REQUIRED) == 0)
		object = nullable(schema, object);
	put_type(schema, object, option);
	put_help(schema, object, option);
	if (option->fallback != NULL)
		put(schema, object, "default", default_json(option));
	return object;
}

/* A map by its table; the caller may add keys to "properties" and "required". */
static json_t *
table_schema(struct schema *schema, const struct option *table)
{
	json_t *object = json_object(), *properties = json_object(), *required = json_array();

	for (const struct option *option = table; option->name != NULL; option++) {
		put(schema, properties, option->name, option_schema(schema, option));
		if ((option->flags & OPTION_REQUIRED) != 0)
			append(schema, required, json_string(option->name));
	}
	put(schema, object, "type", json_string("object"));
	put(schema, object, "properties", properties);
	put(schema, object, "required", required);
	put(schema, object, "additionalProperties", json_false());
	return object;
}

/* Add a required key that no table holds. */
static void
put_required(struct schema *schema, json_t *object, const char *key, json_t *value)
{
	put(schema, json_object_get(object, "properties"), key, value);
	append(schema, json_object_get(object, "required"), json_string(key));
}

static json_t *
args_schema(struct schema *schema)
{
	json_t *forms = json_array(), *form;

	for (size_t i = 0; check_methods[i] != NULL; i++) {
		form = table_schema(schema, check_methods[i]->options);
		put(schema, form, "title", json_string(check_methods[i]->name));
		put_required(schema, form, "method",
		    json_pack("{s:s, s:s}", "const", check_methods[i]->name, "description", "how to look at the service"));
		append(schema, forms, form);
	}
	return json_pack("{s:s, s:o}", "description", "the method and its arguments", "oneOf", forms);
}

/* Names of checks, or maps of a name and a weight; one name stands for a list of one. */
static json_t *
members_schema(struct schema *schema)
{
	static const struct option name = {.name = "check", .type = OPTION_NAME};
	json_t *items = json_array(), *forms = json_array();

	append(schema, items, scalar_schema(schema, &name));
	append(schema, items, table_schema(schema, member_table));
	append(schema, forms, scalar_schema(schema, &name));
	append(schema, forms,
	    json_pack("{s:s, s:i, s:{s:o}}", "type", "array", "minItems", 1, "items", "anyOf", items));
	return json_pack("{s:s, s:o}", "description", "checks by their names", "anyOf", forms);
}

static json_t *
word_schema(struct schema *schema, const char *word)
{
	const char *const words[] = {word, NULL};

	return choice_schema(schema, &(struct option){.type = OPTION_CHOICE, .choices = words});
}

static json_t *
require_schema(struct schema *schema)
{
	static const char *const words[] = {"all", "any", NULL};
	static const struct option word = {.name = "require", .type = OPTION_CHOICE, .choices = words};
	json_t *map = table_schema(schema, require_table), *forms = json_array();

	put(schema, map, "minProperties", json_integer(1));
	put(schema, map, "maxProperties", json_integer(1));
	append(schema, forms, choice_schema(schema, &word));
	append(schema, forms, map);
	append(schema, forms, json_pack("{s:s}", "type", "null"));
	return json_pack("{s:s, s:s, s:o}", "description", "which of its members must be up", "default", "all", "anyOf",
	    forms);
}

static json_t *
group_schema(struct schema *schema)
{
	json_t *group = table_schema(schema, group_table);

	put_required(schema, group, "members", members_schema(schema));
	put(schema, json_object_get(group, "properties"), "require", require_schema(schema));
	return group;
}

static json_t *
logger_schema(struct schema *schema)
{
	json_t *forms = json_array(), *form;

	for (const struct logger_kind *kind = logger_kinds; kind->name != NULL; kind++) {
		form = table_schema(schema, kind->table);
		put(schema, form, "title", json_string(kind->name));
		put_required(schema, form, "method", word_schema(schema, kind->name));
		put_help(schema, json_object_get(json_object_get(form, "properties"), "method"), &logger_method_option);
		append(schema, forms, form);
	}
	return json_pack("{s:s, s:o}", "description", "a log, by its method", "oneOf", forms);
}

/* A list of maps that need not be there. */
static void
put_list(struct schema *schema, json_t *document, const char *key, json_t *items, size_t most, const char *help)
{
	json_t *list = json_pack("{s:o, s:[s, s], s:s}", "items", items, "type", "array", "null", "description", help);

	if (most != 0)
		put(schema, list, "maxItems", json_integer((json_int_t)most));
	put(schema, json_object_get(document, "properties"), key, list);
}

static json_t *
document_schema(struct schema *schema)
{
	json_t *check = table_schema(schema, check_table), *document = table_schema(schema, document_table);

	put_required(schema, check, "args", args_schema(schema));
	put_required(schema, document, "checks",
	    json_pack("{s:s, s:i, s:o, s:s}", "type", "array", "minItems", 1, "items", check, "description",
		"services, and the routes to announce while they work"));
	put_list(schema, document, "groups", group_schema(schema), 0, "routes announced for several checks");
	put_list(schema, document, "logging", logger_schema(schema), LOGGERS_MAX, "log files and syslog");
	put_list(schema, document, "notifications", table_schema(schema, notification_table), NOTIFICATIONS_MAX,
	    "whom to tell what happens");
	put(schema, document, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	put(schema, document, "title", json_string("exacheck configuration"));
	return document;
}

void
config_schema(FILE *file)
{
	struct schema schema = {.failed = false};
	json_t *document = document_schema(&schema);

	if (schema.failed || json_dumpf(document, file, JSON_INDENT(2)) != 0)
		log_errorx("cannot write the schema: out of memory or a write error");
	else
		fputc('\n', file);
	json_decref(document);
}
