/*
 * The text of a value, with what %(key)s stands for, as Python's configparser does it. Touches memory only. Invariant:
 * bounded, however values refer to each other.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ini.h"

#define TEXT_MAX (64 * 1024)
#define DEPTH_MAX 10 /* configparser's */
#define REFERENCES_MAX 1000

struct expansion {
	const struct ini *ini;
	const struct ini_section *section;
	const char *place; /* of the value that was asked for */
	FILE *file;
	size_t length;
	unsigned references;
	bool failed;
};

static void
fail(struct expansion *expansion, const char *what, const char *name)
{
	import_note(expansion->ini->importing, IMPORT_WRONG, expansion->place, "%s: %.200s", what, name);
	expansion->failed = true;
}

static void
put(struct expansion *expansion, const char *text, size_t length)
{
	if (expansion->failed)
		return;
	expansion->length += length;
	if (expansion->length > TEXT_MAX)
		fail(expansion, "the value is too long", "more than 65536 bytes");
	else
		fwrite(text, 1, length, expansion->file);
}

static void expand(struct expansion *, const char *, unsigned);

/* text is behind "%(". Returns what follows ")s"; NULL: it failed. */
static const char *
refer(struct expansion *expansion, const char *text, unsigned depth)
{
	size_t length = strcspn(text, ")");
	const struct ini_key *key;
	char *name;

	if (length == 0 || text[length] != ')' || text[length + 1] != 's') {
		fail(expansion, "is not %(KEY)s", text - 2);
		return NULL;
	}
	if ((name = strndup(text, length)) == NULL) {
		fail(expansion, "out of memory", "");
		return NULL;
	}
	for (char *at = name; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	if ((key = ini_key(expansion->ini, expansion->section, name)) == NULL)
		fail(expansion, "there is no such key", name);
	else if (depth == DEPTH_MAX || ++expansion->references > REFERENCES_MAX)
		fail(expansion, "refers to keys that refer to keys, too many times", name);
	else
		expand(expansion, STAILQ_FIRST(&key->values)->text, depth + 1);
	free(name);
	return text + length + 2;
}

static void
expand(struct expansion *expansion, const char *text, unsigned depth)
{
	while (!expansion->failed && text != NULL && *text != '\0') {
		size_t length = strcspn(text, "%");

		put(expansion, text, length);
		text += length;
		if (*text == '\0')
			return;
		if (text[1] == '%') {
			put(expansion, "%", 1);
			text += 2;
		} else if (text[1] == '(') {
			text = refer(expansion, text + 2, depth);
		} else {
			fail(expansion, "a % that is none of %(KEY)s is written %%, and refused otherwise", text);
		}
	}
}

static void
put_value(struct expansion *expansion, const struct ini_value *value)
{
	if (expansion->ini->dialect->interpolates)
		expand(expansion, value->text, 1);
	else
		put(expansion, value->text, value->length);
}

char *
ini_text(const struct ini *ini, const struct ini_section *section, const struct ini_key *key)
{
	struct expansion expansion = {.ini = ini, .section = section, .place = ini_place(key)};
	const struct ini_value *value;
	char *text = NULL;
	size_t size;

	if ((expansion.file = open_memstream(&text, &size)) == NULL) {
		fail(&expansion, "out of memory", "");
		return NULL;
	}
	STAILQ_FOREACH(value, &key->values, entry) {
		if (value != STAILQ_FIRST(&key->values))
			put(&expansion, "\n", 1);
		put_value(&expansion, value);
	}
	/* fclose may leave no text, and call that a success */
	if (((ferror(expansion.file) | fclose(expansion.file)) != 0 || text == NULL) && !expansion.failed)
		fail(&expansion, "out of memory", "");
	if (!expansion.failed)
		return text;
	free(text);
	return NULL;
}
