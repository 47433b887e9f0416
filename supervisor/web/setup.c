/*
 * The first line. Pure. Invariant: a setup is whole, or there is none.
 */
#include "setup.h"

#include <stdlib.h>
#include <string.h>

/* Null is no text. False: neither, or out of memory. */
static bool
text_read(char **text, const json_t *value)
{
	if (json_is_null(value))
		return true;
	if (!json_is_string(value))
		return false;
	*text = strdup(json_string_value(value));
	return *text != NULL;
}

bool
setup_read(struct setup *setup, const json_t *line)
{
	*setup = (struct setup){0};
	if (cage_identity_read(&setup->identity, line) && text_read(&setup->listen, json_object_get(line, "listen")) &&
	    text_read(&setup->textfile, json_object_get(line, "textfile")) &&
	    text_read(&setup->status_dir, json_object_get(line, "status_dir")))
		return true;
	setup_free(setup);
	return false;
}

void
setup_free(struct setup *setup)
{
	free(setup->listen);
	free(setup->textfile);
	free(setup->status_dir);
	*setup = (struct setup){0};
}
