/*
 * The environment as arguments of checks. Reads the environment. Invariant: nothing in it is a reason not to start.
 */
#include "inherited.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/utf8.h"

#define LENGTH_MAX 32768 /* bytes of all variables: a job has to have room for them and its command */

/* NAME=VALUE; other names are those of functions of shells. */
static bool
is_wanted(const char *variable)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", own[] = "EXACHECK_";
	size_t name = strcspn(variable, "=");

	if (name == 0 || variable[name] == '\0' || strchr(first, variable[0]) == NULL ||
	    strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") != name ||
	    strncmp(variable, own, strlen(own)) == 0)
		return false;
	return true;
}

/* One variable, unless its value is no text. */
static void
variable_add(struct importing *importing, json_t *map, const char *variable)
{
	size_t length = strcspn(variable, "=");
	char *name = strndup(variable, length), *value = strdup(variable + length + 1);

	if (value != NULL)
		utf8_sanitise(value);
	if (name == NULL || value == NULL)
		import_add(importing, map, NULL, NULL); /* out of memory */
	else if (strcmp(value, variable + length + 1) == 0)
		import_add_text(importing, map, name, value);
	free(name);
	free(value);
}

/* A map of the variables. */
static void
variables_add(struct importing *importing, json_t *map)
{
	size_t length = 0;

	for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
		size_t size = strlen(*variable);

		if (!is_wanted(*variable) || size > LENGTH_MAX || length + size > LENGTH_MAX)
			continue;
		variable_add(importing, map, *variable);
		length += size;
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
