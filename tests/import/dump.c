/*
 * What importers understand of their input, as JSON, one line for each of the arguments:
 *
 *   dump perl|python FILE...   the file: {SECTION: {KEY: [TEXT, [VALUE, ...]]}}, null when there are errors; TEXT is
 *                              what %(key)s makes of it, null when that is an error
 *   dump command TEXT...       a command without a shell as one for a shell, null when it is none
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/import/anycast_command.h"
#include "../../supervisor/import/ini.h"

static json_t *
key_json(const struct ini *ini, const struct ini_section *section, const struct ini_key *key)
{
	char *text = ini_text(ini, section, key);
	json_t *values = json_array();
	const struct ini_value *value;

	STAILQ_FOREACH(value, &key->values, entry)
		json_array_append_new(values, json_string(value->text));
	values = json_pack("[s?, o]", text, values);
	free(text);
	return values;
}

static json_t *
ini_json(const struct ini *ini)
{
	const struct ini_section *section;
	const struct ini_key *key;
	json_t *document = json_object();

	STAILQ_FOREACH(section, &ini->sections, entry) {
		json_t *keys = json_object();

		STAILQ_FOREACH(key, &section->keys, entry)
			json_object_set_new(keys, key->name, key_json(ini, section, key));
		json_object_set_new(document, section->name, keys);
	}
	return document;
}

static json_t *
file_json(const struct ini_dialect *dialect, const char *path)
{
	struct importing *importing = importing_new();
	json_t *document;
	struct ini ini;

	if (importing == NULL)
		err(1, NULL);
	ini_begin(&ini, dialect, importing);
	document = ini_read(&ini, path) ? ini_json(&ini) : json_null();
	ini_clear(&ini);
	importing_free(importing);
	return document;
}

static json_t *
command_json(const char *text)
{
	const char *meant;
	char *made = NULL;
	size_t length;
	FILE *file = open_memstream(&made, &length);
	json_t *json;
	bool good;

	if (file == NULL)
		err(1, NULL);
	good = anycast_command_write(file, text, &meant) == NULL;
	fclose(file);
	json = good ? json_string(made) : json_null();
	free(made);
	return json;
}

static json_t *
argument_json(const char *what, const char *argument)
{
	if (strcmp(what, "command") == 0)
		return command_json(argument);
	return file_json(strcmp(what, "perl") == 0 ? &ini_perl : &ini_python, argument);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: dump perl|python|command ARGUMENT...");
	for (int i = 2; i < argc; i++) {
		json_t *json = argument_json(argv[1], argv[i]);

		if (json_dumpf(json, stdout, JSON_ENCODE_ANY | JSON_COMPACT) == -1)
			errx(1, "cannot write what is read of %s", argv[i]);
		putchar('\n');
		json_decref(json);
	}
	return 0;
}
