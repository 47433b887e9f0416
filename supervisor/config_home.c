/*
 * Keys in the wrong map: of a check in its args, of args beside them. Pure. Invariant: the home is never the map itself.
 */
#include "config_home.h"

#include <string.h>

#include "../common/methods/method.h"
#include "config.h"

/* In the order of being asked: what is in several is meant where it is used most. */
static const struct {
	const struct option *table;
	const char *name;
} homes[] = {
	{check_table, "a check, beside args"},
	{document_table, "the document, beside checks"},
	{global_table, "exacheck"},
	{group_table, "a group"},
};
#define HOMES (sizeof(homes) / sizeof(homes[0]))

/* Of the document, and in no table: decoded one by one. */
static const char *const lists[] = {"checks", "groups", "logging", "notifications", NULL};

/* A method that has the key; method: whatever its name. */
static bool
args_have(const char *key)
{
	for (size_t i = 0; check_methods[i] != NULL; i++)
		if (option_find(check_methods[i]->options, key) != NULL)
			return true;
	return strcmp(key, "method") == 0;
}

static bool
table_is_args(const struct option *table)
{
	for (size_t i = 0; check_methods[i] != NULL; i++)
		if (check_methods[i]->options == table)
			return true;
	return false;
}

static bool
home_has(size_t home, const char *key)
{
	for (size_t i = 0; homes[home].table == document_table && lists[i] != NULL; i++)
		if (strcmp(lists[i], key) == 0)
			return true;
	return option_find(homes[home].table, key) != NULL;
}

const char *
config_home(const struct option *table, const char *key)
{
	bool args = table_is_args(table), known = args;

	for (size_t i = 0; i < HOMES; i++)
		known = known || homes[i].table == table;
	if (!known)
		return NULL;
	for (size_t i = 0; i < HOMES; i++)
		if (homes[i].table != table && home_has(i, key))
			return homes[i].name;
	return !args && args_have(key) ? "args" : NULL;
}
