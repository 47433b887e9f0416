/*
 * The environment as arguments of checks. Reads the environment. Invariant: nothing in it is a reason not to start.
 */
#include "inherited.h"

#include <stdio.h>
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

struct left_out {
	char first[64]; /* the name of one that checks do not have */
	size_t others;
};

static void
leave_out(struct left_out *left_out, const char *variable)
{
	if (left_out->first[0] == '\0')
		snprintf(left_out->first, sizeof(left_out->first), "%.*s", (int)strcspn(variable, "="), variable);
	else
		left_out->others++;
}

/* One variable. False: its value is no text. */
static bool
variable_add(struct importing *importing, json_t *map, const char *variable)
{
	size_t length = strcspn(variable, "=");
	char *name = strndup(variable, length), *value = strdup(variable + length + 1);
	bool is_text = true;

	if (value != NULL)
		utf8_sanitise(value);
	if (name == NULL || value == NULL)
		import_add(importing, map, NULL, NULL); /* out of memory */
	else if ((is_text = strcmp(value, variable + length + 1) == 0))
		import_add_text(importing, map, name, value);
	free(name);
	free(value);
	return is_text;
}

/* A map of the variables. */
static void
variables_add(struct importing *importing, json_t *map, struct left_out *left_out)
{
	size_t length = 0;

	for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
		size_t size = strlen(*variable);

		if (!is_wanted(*variable))
			continue;
		if (size > LENGTH_MAX || length + size > LENGTH_MAX || !variable_add(importing, map, *variable))
			leave_out(left_out, *variable);
		else
			length += size;
	}
}

void
inherited_environment_add(struct importing *importing)
{
	json_t *checks = json_object_get(import_document(importing), "checks"), *check;
	struct left_out left_out = {.others = 0};
	size_t i;

	json_array_foreach(checks, i, check) {
		left_out = (struct left_out){.others = 0}; /* all have the same */
		variables_add(importing, import_add_map(importing, json_object_get(check, "args"), "environment"), &left_out);
	}
	if (left_out.first[0] != '\0')
		import_note(importing, IMPORT_LOST, "--command",
		    "does not have all of ExaBGP's environment: %s is left out, and %zu more, as there is room for %d bytes, without "
		    "control characters and in UTF-8", left_out.first, left_out.others, LENGTH_MAX);
}
