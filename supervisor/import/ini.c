/*
 * What INI files say: sections, keys, values. Touches the files that it is told to read. Invariant: bounded, whatever a
 * file holds: bytes of a file, sections, keys of a section.
 */
#include "ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ini_internal.h"

#define FILE_SIZE_MAX (1024 * 1024)
#define SECTIONS_MAX 5000
#define KEYS_MAX 500 /* of a section */

const struct ini_dialect ini_perl = {
	.delimiters = "=",
	.defaults = "global",
	.lists = true,
	.here_documents = true,
};

const struct ini_dialect ini_python = {
	.delimiters = "=:",
	.defaults = "DEFAULT",
	.continuations = true,
	.folds_case = true,
	.interpolates = true,
};

void
ini_begin(struct ini *ini, const struct ini_dialect *dialect, struct importing *importing)
{
	*ini = (struct ini){.dialect = dialect, .importing = importing};
	STAILQ_INIT(&ini->sections);
}

void
ini_values_clear(struct ini_key *key)
{
	struct ini_value *value;

	while ((value = STAILQ_FIRST(&key->values)) != NULL) {
		STAILQ_REMOVE_HEAD(&key->values, entry);
		free(value->text);
		free(value->place);
		free(value);
	}
}

static void
section_free(struct ini_section *section)
{
	struct ini_key *key;

	while ((key = STAILQ_FIRST(&section->keys)) != NULL) {
		STAILQ_REMOVE_HEAD(&section->keys, entry);
		ini_values_clear(key);
		free(key->name);
		free(key);
	}
	free(section->name);
	free(section->place);
	free(section);
}

void
ini_clear(struct ini *ini)
{
	struct ini_section *section;

	while ((section = STAILQ_FIRST(&ini->sections)) != NULL) {
		STAILQ_REMOVE_HEAD(&ini->sections, entry);
		section_free(section);
	}
	ini->section_count = 0;
}

static void
note_memory(struct ini *ini)
{
	import_note(ini->importing, IMPORT_WRONG, NULL, "out of memory");
}

static struct ini_section *
section_find(const struct ini *ini, const char *name, size_t length)
{
	struct ini_section *section;

	STAILQ_FOREACH(section, &ini->sections, entry)
		if (strncmp(section->name, name, length) == 0 && section->name[length] == '\0')
			return section;
	return NULL;
}

struct ini_section *
ini_section(const struct ini *ini, const char *name)
{
	return section_find(ini, name, strlen(name));
}

bool
ini_is_defaults(const struct ini *ini, const struct ini_section *section)
{
	return strcmp(section->name, ini->dialect->defaults) == 0;
}

struct ini_section *
ini_section_make(struct ini *ini, const char *name, size_t length, const char *place)
{
	struct ini_section *section = section_find(ini, name, length);

	if (section != NULL)
		return section;
	if (ini->section_count == SECTIONS_MAX) {
		import_note(ini->importing, IMPORT_WRONG, place, "there are more than %d sections", SECTIONS_MAX);
		return NULL;
	}
	if ((section = calloc(1, sizeof(*section))) == NULL) {
		note_memory(ini);
		return NULL;
	}
	STAILQ_INIT(&section->keys);
	if ((section->name = strndup(name, length)) == NULL || (section->place = strdup(place)) == NULL) {
		note_memory(ini);
		section_free(section);
		return NULL;
	}
	STAILQ_INSERT_TAIL(&ini->sections, section, entry);
	ini->section_count++;
	return section;
}

static bool
names_match(const struct ini *ini, const char *name, const char *text, size_t length)
{
	int order = ini->dialect->folds_case ? strncasecmp(name, text, length) : strncmp(name, text, length);

	return order == 0 && name[length] == '\0';
}

static struct ini_key *
key_find(const struct ini *ini, const struct ini_section *section, const char *name, size_t length)
{
	struct ini_key *key;

	STAILQ_FOREACH(key, &section->keys, entry)
		if (names_match(ini, key->name, name, length))
			return key;
	return NULL;
}

const struct ini_key *
ini_key(const struct ini *ini, const struct ini_section *section, const char *name)
{
	const struct ini_key *key = key_find(ini, section, name, strlen(name));
	const struct ini_section *defaults = key == NULL ? ini_section(ini, ini->dialect->defaults) : NULL;

	return defaults == NULL ? key : key_find(ini, defaults, name, strlen(name));
}

struct ini_key *
ini_key_make(struct ini *ini, struct ini_section *section, const char *name, size_t length, const char *place)
{
	struct ini_key *key = key_find(ini, section, name, length);

	if (key != NULL)
		return key;
	if (section->key_count == KEYS_MAX) {
		import_note(ini->importing, IMPORT_WRONG, place, "the section has more than %d keys", KEYS_MAX);
		return NULL;
	}
	if ((key = calloc(1, sizeof(*key))) == NULL || (key->name = strndup(name, length)) == NULL) {
		note_memory(ini);
		free(key);
		return NULL;
	}
	STAILQ_INIT(&key->values);
	for (char *at = key->name; ini->dialect->folds_case && *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	STAILQ_INSERT_TAIL(&section->keys, key, entry);
	section->key_count++;
	return key;
}

struct ini_value *
ini_value_make(struct ini *ini, struct ini_key *key, const char *text, size_t length, const char *place)
{
	struct ini_value *value = calloc(1, sizeof(*value));

	if (value == NULL || (value->text = strndup(text, length)) == NULL || (value->place = strdup(place)) == NULL) {
		note_memory(ini);
		if (value != NULL)
			free(value->text);
		free(value);
		return NULL;
	}
	value->length = length;
	STAILQ_INSERT_TAIL(&key->values, value, entry);
	return value;
}

bool
ini_value_extend(struct ini *ini, struct ini_value *value, const char *text, size_t length)
{
	char *longer = realloc(value->text, value->length + length + 2);

	if (longer == NULL) {
		note_memory(ini);
		return false;
	}
	value->text = longer;
	longer[value->length++] = '\n';
	memcpy(longer + value->length, text, length);
	value->length += length;
	longer[value->length] = '\0';
	return true;
}

bool
ini_key_is(const struct ini_key *key, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, key->name) == 0)
			return true;
	return false;
}

const char *
ini_place(const struct ini_key *key)
{
	return STAILQ_FIRST(&key->values)->place;
}

bool
ini_read(struct ini *ini, const char *path)
{
	char *text = malloc(FILE_SIZE_MAX + 1);
	FILE *file = text == NULL ? NULL : fopen(path, "re");
	bool read = false;
	size_t length;

	if (text == NULL) {
		note_memory(ini);
	} else if (file == NULL) {
		import_note(ini->importing, IMPORT_WRONG, path, "cannot open it: %s", strerror(errno));
	} else {
		length = fread(text, 1, FILE_SIZE_MAX + 1, file);
		if (ferror(file))
			import_note(ini->importing, IMPORT_WRONG, path, "cannot read it: %s", strerror(errno));
		else if (length > FILE_SIZE_MAX)
			import_note(ini->importing, IMPORT_WRONG, path, "has more than %d bytes", FILE_SIZE_MAX);
		else
			read = ini_parse(ini, path, text, length);
		fclose(file);
	}
	free(text);
	return read;
}
