/*
 * Option tables: walking one, and values as a whole (defaults, freeing, comparing), by how each is
 * stored. Pure. Invariant: after any function here each value is either set and owned, or unset.
 */
#include "option.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "option_type.h"

enum option_storage
option_storage(const struct option *option)
{
	enum option_storage storage = option_types[option->type].storage;

	if (storage == STORAGE_TABLE)
		return storage;
	if (option->flags & OPTION_LIST)
		return STORAGE_LIST;
	if (option->flags & OPTION_MAP)
		return STORAGE_MAP;
	return storage;
}

static bool
options_any_set(const struct option *table, const void *base)
{
	for (const struct option *option = table; option->name != NULL; option++)
		if (option_is_set(option, option_at_const(option, base)))
			return true;
	return false;
}

bool
option_is_set(const struct option *option, const void *value)
{
	switch (option_storage(option)) {
	case STORAGE_BOOL:
		return true;
	case STORAGE_TABLE:
		if ((option->flags & OPTION_GIVEN) != 0)
			return option_is_set(option->table, option_at_const(option->table, value));
		return options_any_set(option->table, value);
	case STORAGE_CHOICE:
		return *(const int *)value != -1;
	case STORAGE_INTEGER:
		return *(const int64_t *)value != OPTION_UNSET;
	case STORAGE_NUMBER:
		return !isnan(*(const double *)value);
	case STORAGE_TEXT:
		return *(char *const *)value != NULL;
	case STORAGE_LIST:
		return ((const struct string_list *)value)->count > 0;
	case STORAGE_MAP:
		return ((const struct string_map *)value)->count > 0;
	}
	return false;
}

/* Free what the value owns and leave it unset. Zeroed memory counts as unset. */
static void
option_clear(const struct option *option, void *value)
{
	switch (option_storage(option)) {
	case STORAGE_BOOL:
		*(bool *)value = false;
		break;
	case STORAGE_CHOICE:
		*(int *)value = -1;
		break;
	case STORAGE_INTEGER:
		*(int64_t *)value = OPTION_UNSET;
		break;
	case STORAGE_NUMBER:
		*(double *)value = (double)NAN;
		break;
	case STORAGE_TEXT:
		free(*(char **)value);
		*(char **)value = NULL;
		break;
	case STORAGE_LIST:
		string_list_free(value);
		break;
	case STORAGE_MAP:
		string_map_free(value);
		break;
	case STORAGE_TABLE:
		options_free(option->table, value);
		break;
	}
}

/* The words of a list's fallback. */
static bool
list_set_fallback(const struct option *option, struct string_list *list)
{
	char error[OPTION_ERROR_SIZE], *copy = strdup(option->fallback), *rest = copy, *word, *item = NULL;
	bool set = copy != NULL;

	while (set && (word = strsep(&rest, " ")) != NULL)
		set = option_parse_scalar(option, word, &item, error) && string_list_add(list, item);
	free(copy);
	return set;
}

/* The value of a fresh option from its fallback text, which must be valid: a wrong table is our own bug. */
static bool
option_set_fallback(const struct option *option, void *value)
{
	char error[OPTION_ERROR_SIZE];

	if (option->fallback == NULL || (option->flags & OPTION_MAP) != 0)
		return true;
	if ((option->flags & OPTION_LIST) != 0)
		return list_set_fallback(option, value);
	return option_parse_scalar(option, option->fallback, value, error);
}

bool
options_set_defaults(const struct option *table, void *base)
{
	bool done = true;

	for (const struct option *option = table; option->name != NULL; option++) {
		if (option->type == OPTION_TABLE) {
			done &= options_set_defaults(option->table, option_at(option, base));
			continue;
		}
		option_clear(option, option_at(option, base));
		done &= option_set_fallback(option, option_at(option, base));
	}
	return done;
}

void
options_free(const struct option *table, void *base)
{
	for (const struct option *option = table; option->name != NULL; option++)
		option_clear(option, option_at(option, base));
}

static bool
text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
texts_equal(char *const *a, char *const *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!text_equal(a[i], b[i]))
			return false;
	return true;
}

static bool
list_equal(const struct string_list *a, const struct string_list *b)
{
	return a->count == b->count && texts_equal(a->items, b->items, a->count);
}

static bool
map_equal(const struct string_map *a, const struct string_map *b)
{
	return a->count == b->count && texts_equal(a->keys, b->keys, a->count) &&
	    texts_equal(a->values, b->values, a->count);
}

bool
option_equal(const struct option *option, const void *a, const void *b)
{
	switch (option_storage(option)) {
	case STORAGE_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case STORAGE_CHOICE:
		return *(const int *)a == *(const int *)b;
	case STORAGE_INTEGER:
		return *(const int64_t *)a == *(const int64_t *)b;
	case STORAGE_NUMBER:
		return *(const double *)a == *(const double *)b ||
		    (isnan(*(const double *)a) && isnan(*(const double *)b));
	case STORAGE_TEXT:
		return text_equal(*(char *const *)a, *(char *const *)b);
	case STORAGE_LIST:
		return list_equal(a, b);
	case STORAGE_MAP:
		return map_equal(a, b);
	case STORAGE_TABLE:
		return options_equal(option->table, a, b);
	}
	return true;
}

bool
options_equal(const struct option *table, const void *a, const void *b)
{
	for (const struct option *option = table; option->name != NULL; option++)
		if (!option_equal(option, option_at_const(option, a), option_at_const(option, b)))
			return false;
	return true;
}

const struct option *
option_find(const struct option *table, const char *name)
{
	for (const struct option *option = table; option->name != NULL; option++)
		if (strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

unsigned
option_index(const struct option *table, const char *name)
{
	return (unsigned)(option_find(table, name) - table);
}

void
string_list_free(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct string_list){0};
}

bool
string_list_add(struct string_list *list, char *item)
{
	char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (items == NULL) {
		free(item);
		return false;
	}
	list->items = items;
	list->items[list->count++] = item;
	return true;
}

void
string_map_free(struct string_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		free(map->keys[i]);
		free(map->values[i]);
	}
	free(map->keys);
	free(map->values);
	*map = (struct string_map){0};
}

bool
string_map_add(struct string_map *map, char *key, char *value)
{
	char **keys = reallocarray(map->keys, map->count + 1, sizeof(*keys)), **values = NULL;

	if (keys != NULL) {
		map->keys = keys;
		values = reallocarray(map->values, map->count + 1, sizeof(*values));
	}
	if (values == NULL) {
		free(key);
		free(value);
		return false;
	}
	map->values = values;
	map->keys[map->count] = key;
	map->values[map->count++] = value;
	return true;
}

const char *
string_map_get(const struct string_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->keys[i], key) == 0)
			return map->values[i];
	return NULL;
}
