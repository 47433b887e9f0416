/*
 * The first line. Pure. Invariant: a setup is whole, or there is none.
 */
#include "setup.h"

#include <jansson.h>
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

static bool
level_read(enum sandbox_level *level, const char *name)
{
	for (unsigned i = 0; name != NULL && i < SANDBOX_LEVELS; i++) {
		*level = (enum sandbox_level)i;
		if (strcmp(name, sandbox_level_names[i]) == 0)
			return true;
	}
	return false;
}

static bool
map_read(struct setup *setup, json_t *map)
{
	const json_t *drop = json_object_get(map, "drop"), *uid = json_object_get(map, "uid");
	const json_t *gid = json_object_get(map, "gid");
	const char *type = json_string_value(json_object_get(map, "type"));

	if (type == NULL || strcmp(type, "setup") != 0 || !json_is_boolean(drop) || !json_is_integer(uid) || !json_is_integer(gid))
		return false;
	setup->drop = json_is_true(drop);
	setup->uid = (uid_t)json_integer_value(uid);
	setup->gid = (gid_t)json_integer_value(gid);
	return text_read(&setup->listen, json_object_get(map, "listen")) &&
	    text_read(&setup->textfile, json_object_get(map, "textfile")) &&
	    text_read(&setup->status_dir, json_object_get(map, "status_dir")) &&
	    level_read(&setup->sandbox, json_string_value(json_object_get(map, "sandbox")));
}

bool
setup_read(struct setup *setup, const char *line, size_t length)
{
	json_t *map = json_loadb(line, length, 0, NULL);
	bool read;

	*setup = (struct setup){0};
	read = map_read(setup, map);
	json_decref(map);
	if (!read)
		setup_free(setup);
	return read;
}

void
setup_free(struct setup *setup)
{
	free(setup->listen);
	free(setup->textfile);
	free(setup->status_dir);
	*setup = (struct setup){0};
}
