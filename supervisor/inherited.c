/*
 * The environment as arguments of checks. Reads the environment. Invariant: nothing in it is a reason not to start.
 */
#include "inherited.h"

#include <string.h>
#include <unistd.h>

#define LENGTH_MAX 32768 /* bytes of all variables: a job has to have room for them and its command */

/* NAME=VALUE, of printable characters: others are functions of shells, and what no command looks for. */
static bool
is_wanted(const char *variable)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", own[] = "EXACHECK_";
	size_t name = strcspn(variable, "=");

	if (name == 0 || variable[name] == '\0' || strchr(first, variable[0]) == NULL ||
	    strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") != name ||
	    strncmp(variable, own, strlen(own)) == 0)
		return false;
	for (const char *byte = variable; *byte != '\0'; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 0x7f)
			return false;
	return true;
}

/* A map of the variables. */
static void
variables_add(struct importing *importing, json_t *map)
{
	size_t length = 0;

	for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
		size_t size = strlen(*variable), name = strcspn(*variable, "=");
		json_t *key, *value;

		if (!is_wanted(*variable) || size > LENGTH_MAX || (length += size) > LENGTH_MAX)
			continue;
		key = json_stringn(*variable, name);
		if ((value = json_string(*variable + name + 1)) != NULL && key != NULL) /* else it is not UTF-8 */
			import_add(importing, map, json_string_value(key), value);
		else
			json_decref(value);
		json_decref(key);
	}
}

void
inherited_environment_add(struct importing *importing)
{
	json_t *checks = json_object_get(import_document(importing), "checks"), *check;
	size_t i;

	json_array_foreach(checks, i, check)
		variables_add(importing, import_add_map(importing, json_object_get(check, "args"), "environment"));
}
