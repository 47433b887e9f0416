/*
 * The options of ExaBGP's healthcheck that were read, as JSON: one key an option, by its long name.
 */
#ifndef EXACHECK_TESTS_HEALTHCHECK_DUMP_H
#define EXACHECK_TESTS_HEALTHCHECK_DUMP_H

#include <jansson.h>

#include "../../supervisor/import/healthcheck_options.h"

static inline json_t *
option_dump(const struct healthcheck_option *option, const struct healthcheck_options *options)
{
	const void *value = (const char *)options + option->offset;
	const struct string_list *items = value;
	const char *text;
	json_t *list;

	switch (option->kind) {
	case HEALTHCHECK_FLAG:
		return json_boolean(*(const bool *)value);
	case HEALTHCHECK_INTEGER:
		return json_integer(*(const int64_t *)value);
	case HEALTHCHECK_NUMBER:
		return json_real(*(const double *)value);
	case HEALTHCHECK_TEXT:
	case HEALTHCHECK_OPTIONAL:
	case HEALTHCHECK_ADDRESS:
		text = *(char *const *)value;
		return text == NULL ? json_null() : json_string(text);
	default:
		list = json_array();
		for (size_t i = 0; i < items->count; i++)
			json_array_append_new(list, json_string(items->items[i]));
		return list;
	}
}

/* All options, or (given) those alone that were given. */
static inline json_t *
options_dump(const struct healthcheck_options *options, bool given)
{
	json_t *all = json_object();

	for (size_t i = 0; healthcheck_option_table[i].names[0] != NULL; i++)
		if (!given || options->places[i] != NULL)
			json_object_set_new(all, healthcheck_option_table[i].names[0],
			    option_dump(&healthcheck_option_table[i], options));
	return all;
}

#endif
