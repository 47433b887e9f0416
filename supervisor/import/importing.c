/*
 * The configuration that an importer makes, and its notes. Touches memory only. Invariant: a text that is handed out is
 * a configuration without errors; whatever memory ran short for is not silently missing.
 */
#include "importing.h"

#include <bsd/sys/queue.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/utf8.h"
#include "../config.h"
#include "../diagnostic.h"
#include "yaml_write.h"

#define REPEATS_MAX 1000 /* notes of a kind among which one that repeats another is looked for */

struct note {
	STAILQ_ENTRY(note) entry;
	enum import_kind kind;
	char *text; /* with its place */
};

struct importing {
	json_t *document;
	json_t *names; /* of checks: true; false: what stands before a number in them, as the parts of one have */
	char *heading; /* NULL: none */
	STAILQ_HEAD(, note) notes;
	size_t counts[IMPORT_KINDS];
	const char *where; /* precedes places; may be NULL */
	bool short_of_memory;
};

struct importing *
importing_new(void)
{
	struct importing *importing = calloc(1, sizeof(*importing));

	if (importing == NULL)
		return NULL;
	STAILQ_INIT(&importing->notes);
	importing->document = json_object();
	importing->names = json_object();
	if (importing->document == NULL || importing->names == NULL) {
		importing_free(importing);
		return NULL;
	}
	return importing;
}

void
importing_free(struct importing *importing)
{
	struct note *note;

	if (importing == NULL)
		return;
	while ((note = STAILQ_FIRST(&importing->notes)) != NULL) {
		STAILQ_REMOVE_HEAD(&importing->notes, entry);
		free(note->text);
		free(note);
	}
	json_decref(importing->document);
	json_decref(importing->names);
	free(importing->heading);
	free(importing);
}

/* What several sections take from one place is wrong there once. */
static bool
is_noted(const struct importing *importing, enum import_kind kind, const char *text)
{
	const struct note *note;

	if (importing->counts[kind] > REPEATS_MAX)
		return false;
	STAILQ_FOREACH(note, &importing->notes, entry)
		if (note->kind == kind && strcmp(note->text, text) == 0)
			return true;
	return false;
}

static void
note_add(struct importing *importing, enum import_kind kind, char *text)
{
	struct note *note;

	if (text != NULL) {
		utf8_sanitise(text); /* it may quote the input, and a terminal shows it */
		if (is_noted(importing, kind, text)) {
			free(text);
			return;
		}
	}
	note = text == NULL ? NULL : calloc(1, sizeof(*note));
	importing->counts[kind]++;
	if (note == NULL) {
		importing->short_of_memory = true;
		free(text);
		return;
	}
	note->kind = kind;
	note->text = text;
	STAILQ_INSERT_TAIL(&importing->notes, note, entry);
}

void
import_note(struct importing *importing, enum import_kind kind, const char *place, const char *format, ...)
{
	char *text, *placed = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) == -1)
		text = NULL;
	va_end(arguments);
	if (text != NULL && (place != NULL || importing->where != NULL)) {
		if (asprintf(&placed, "%s%s%s%s%s", importing->where != NULL ? importing->where : "",
		    importing->where != NULL ? ": " : "", place != NULL ? place : "", place != NULL ? ": " : "", text) == -1)
			placed = NULL;
		free(text);
		text = placed;
	}
	note_add(importing, kind, text);
}

const char *
import_within(struct importing *importing, const char *where)
{
	const char *before = importing->where;

	importing->where = where;
	return before;
}

size_t
import_count(const struct importing *importing, enum import_kind kind)
{
	return importing->counts[kind];
}

void
import_notes_each(const struct importing *importing, void (*visit)(void *, enum import_kind, const char *), void *context)
{
	const struct note *note;

	STAILQ_FOREACH(note, &importing->notes, entry)
		visit(context, note->kind, note->text);
	if (importing->short_of_memory)
		visit(context, IMPORT_WRONG, "out of memory");
}

static void
note_print(void *context, enum import_kind kind, const char *text)
{
	static const char *const words[IMPORT_KINDS] = {
		[IMPORT_DIFFERS] = "note",
		[IMPORT_LOST] = "warning",
		[IMPORT_LACKS] = "warning",
		[IMPORT_WRONG] = "error",
	};

	fprintf(context, "exacheck: %s: %s\n", words[kind], text);
}

void
import_notes_print(const struct importing *importing, FILE *file)
{
	import_notes_each(importing, note_print, file);
}

json_t *
import_document(struct importing *importing)
{
	return importing->document;
}

/* The value is taken in any case. False: it is gone. */
static bool
value_add(struct importing *importing, json_t *container, const char *key, json_t *value)
{
	int failed = -1;

	if (container == NULL || value == NULL)
		json_decref(value);
	else
		failed = key == NULL ? json_array_append_new(container, value) : json_object_set_new(container, key, value);
	if (failed != 0)
		importing->short_of_memory = true;
	return failed == 0;
}

void
import_add(struct importing *importing, json_t *container, const char *key, json_t *value)
{
	value_add(importing, container, key, value);
}

void
import_add_text(struct importing *importing, json_t *container, const char *key, const char *text)
{
	if (utf8_is_valid(text))
		import_add(importing, container, key, json_string_nocheck(text));
	else
		import_note(importing, IMPORT_WRONG, key, "is not UTF-8");
}

void
import_add_integer(struct importing *importing, json_t *container, const char *key, int64_t value)
{
	import_add(importing, container, key, json_integer(value));
}

void
import_add_number(struct importing *importing, json_t *container, const char *key, double value)
{
	/* as people write it: 5, not 5.0 */
	if (value >= -1e15 && value <= 1e15 && (double)(int64_t)value == value)
		import_add_integer(importing, container, key, (int64_t)value);
	else
		import_add(importing, container, key, json_real(value));
}

void
import_add_flag(struct importing *importing, json_t *container, const char *key, bool value)
{
	import_add(importing, container, key, json_boolean(value));
}

static json_t *
add_container(struct importing *importing, json_t *container, const char *key, json_t *value)
{
	/* borrowed from its container, of which it is a part until that is freed */
	return value_add(importing, container, key, value) ? value : NULL;
}

json_t *
import_add_map(struct importing *importing, json_t *container, const char *key)
{
	return add_container(importing, container, key, json_object());
}

json_t *
import_add_list(struct importing *importing, json_t *container, const char *key)
{
	return add_container(importing, container, key, json_array());
}

static void
name_add(struct importing *importing, const char *name, bool whole)
{
	json_t *there = json_object_get(importing->names, name);

	/* it may be no UTF-8, which is said of the check */
	if (!json_is_true(there) && json_object_set_new_nocheck(importing->names, name, json_boolean(whole)) != 0)
		importing->short_of_memory = true;
}

static void
names_add(struct importing *importing, const char *name)
{
	const char *dash = strrchr(name, '-');
	char *whole;

	name_add(importing, name, true);
	if (dash == NULL || dash[1] == '\0' || dash[1 + strspn(dash + 1, "0123456789")] != '\0')
		return;
	if ((whole = strndup(name, (size_t)(dash - name))) == NULL)
		importing->short_of_memory = true;
	else
		name_add(importing, whole, false);
	free(whole);
}

bool
import_name_used(const struct importing *importing, const char *name, bool parts)
{
	json_t *there = json_object_get(importing->names, name);

	return there != NULL && (parts || json_is_true(there));
}

json_t *
import_add_check(struct importing *importing, const char *name)
{
	json_t *checks = json_object_get(importing->document, "checks"), *check;

	if (checks == NULL)
		checks = import_add_list(importing, importing->document, "checks");
	check = import_add_map(importing, checks, NULL);
	import_add_text(importing, check, "name", name);
	names_add(importing, name);
	return check;
}

/* What the configuration's own tables say of it. Their places are in a text that nobody sees unless it is valid. */
static void
note_finding(void *context, enum severity severity, const char *line)
{
	struct importing *importing = context;

	import_note(importing, severity == SEVERITY_ERROR ? IMPORT_WRONG : IMPORT_DIFFERS, NULL, "%s", line);
}

static bool
text_is_valid(struct importing *importing, const char *path, const char *text)
{
	struct diagnostics *diagnostics = diagnostics_new(path);
	struct config *config;

	if (diagnostics == NULL) {
		importing->short_of_memory = true;
		return false;
	}
	config = config_parse(path, text, strlen(text), diagnostics);
	diagnostics_each(diagnostics, note_finding, importing);
	diagnostics_free(diagnostics);
	config_free(config);
	return config != NULL;
}

void
import_heading(struct importing *importing, const char *text)
{
	free(importing->heading);
	if ((importing->heading = strdup(text)) == NULL)
		importing->short_of_memory = true;
}

static void
heading_write(FILE *file, const char *heading)
{
	while (heading != NULL && *heading != '\0') {
		size_t length = strcspn(heading, "\n");

		fprintf(file, "#%s%.*s\n", length > 0 ? " " : "", (int)length, heading);
		heading += length + (heading[length] == '\n');
	}
}

char *
importing_text(struct importing *importing, const char *path, const char *heading)
{
	char *text = NULL;
	size_t length;
	FILE *file;
	bool written;

	if (importing->short_of_memory || importing->counts[IMPORT_WRONG] > 0)
		return NULL;
	if ((file = open_memstream(&text, &length)) == NULL) {
		importing->short_of_memory = true;
		return NULL;
	}
	heading_write(file, heading);
	heading_write(file, importing->heading);
	written = yaml_write(importing->document, file) && !ferror(file);
	/* glibc's fclose(3) may succeed and leave no text */
	if (fclose(file) == EOF || !written || text == NULL)
		importing->short_of_memory = true;
	if (!importing->short_of_memory && text_is_valid(importing, path, text) && !importing->short_of_memory)
		return text;
	free(text);
	return NULL;
}
