/*
 * The lines of an INI file. Touches memory only. Invariant: a line is something that the dialect knows, or an error
 * with its place; nothing is skipped in silence.
 */
#include <stdlib.h>
#include <string.h>

#include "ini_internal.h"

#define BLANKS " \t\v\f"
#define ERRORS_MAX 20 /* of a file that is something else altogether */

struct line {
	const char *text; /* behind its indentation, without blanks at the end */
	size_t length;
	size_t indent;
	const char *raw_end; /* with blanks at the end */
};

struct reader {
	struct ini *ini;
	const char *path;
	const char *at, *end;
	unsigned number;	     /* of the line that was read last */
	char *place;		     /* of it */
	struct ini_section *section; /* NULL: none yet */
	struct ini_value *value;     /* what a continuation goes on with; NULL: nothing */
	size_t indent;		     /* of the line where it began */
	unsigned errors;
	bool ended; /* there is no sense in going on */
};

static bool
is_blank(char character)
{
	return character != '\0' && strchr(BLANKS, character) != NULL;
}

static void
note_wrong(struct reader *reader, const char *what)
{
	import_note(reader->ini->importing, IMPORT_WRONG, reader->place, "%s", what);
	if (++reader->errors == ERRORS_MAX)
		reader->ended = true;
}

/* As note_wrong, with the name of what it is about. */
static void
note_wrong_name(struct reader *reader, const char *what, const char *name, size_t length)
{
	import_note(reader->ini->importing, IMPORT_WRONG, reader->place, "%s: %.*s", what,
	    length > 200 ? 200 : (int)length, name);
	if (++reader->errors == ERRORS_MAX)
		reader->ended = true;
}

/* False: there is none any more. Lines end with a line feed, a carriage return, or both. */
static bool
line_next(struct reader *reader, struct line *line)
{
	const char *start = reader->at, *stop;

	free(reader->place);
	reader->place = NULL;
	if (reader->ended || start == reader->end)
		return false;
	reader->number++;
	if (asprintf(&reader->place, "%s:%u", reader->path, reader->number) == -1) {
		reader->place = NULL;
		import_note(reader->ini->importing, IMPORT_WRONG, reader->path, "out of memory");
		return false;
	}
	for (stop = start; stop < reader->end && *stop != '\n' && *stop != '\r'; stop++)
		;
	reader->at = stop;
	if (reader->at < reader->end)
		reader->at += *stop == '\r' && stop + 1 < reader->end && stop[1] == '\n' ? 2 : 1;
	line->raw_end = stop;
	while (stop > start && is_blank(stop[-1]))
		stop--;
	for (line->text = start; line->text < stop && is_blank(*line->text); line->text++)
		;
	line->indent = (size_t)(line->text - start);
	line->length = (size_t)(stop - line->text);
	return true;
}

/* What stands between square brackets, to the last one; configparser does not mind what follows. */
static bool
header_find(const struct reader *reader, const struct line *line, const char **name, size_t *length)
{
	const char *close = line->length < 3 || *line->text != '[' ? NULL : memrchr(line->text, ']', line->length);

	*name = line->text + 1;
	if (close == NULL || close == *name)
		return false;
	*length = (size_t)(close - *name);
	if (!reader->ini->dialect->lists)
		return true;
	if (close + 1 != line->text + line->length)
		return false;
	for (; *length > 0 && is_blank(**name); ++*name, --*length)
		;
	for (; *length > 0 && is_blank((*name)[*length - 1]); --*length)
		;
	return *length > 0;
}

static void
header_take(struct reader *reader, const char *name, size_t length)
{
	struct ini *ini = reader->ini;

	reader->value = NULL;
	reader->section = ini_section_make(ini, name, length, reader->place);
	if (reader->section == NULL) {
		reader->ended = true;
		return;
	}
	if (reader->section->file == ini->files && !ini->dialect->lists && !ini_is_defaults(ini, reader->section))
		note_wrong_name(reader, "the file has this section twice", name, length);
	reader->section->file = ini->files;
}

/* The lines until the word, each an item of the list as it stands. */
static void
here_document_take(struct reader *reader, struct ini_key *key, const char *word, size_t length)
{
	unsigned began = reader->number;
	struct line line;

	while (line_next(reader, &line)) {
		const char *raw = line.text - line.indent;
		size_t raw_length = (size_t)(line.raw_end - raw);

		if (raw_length == length && memcmp(raw, word, length) == 0) {
			/* a list without an item has no value, as KEY= */
			if (STAILQ_EMPTY(&key->values))
				reader->ended = ini_value_make(reader->ini, key, "", 0, reader->place) == NULL;
			return;
		}
		if (ini_value_make(reader->ini, key, raw, raw_length, reader->place) == NULL)
			reader->ended = true;
	}
	if (reader->ended)
		return;
	import_note(reader->ini->importing, IMPORT_WRONG, NULL, "%s:%u: the end of the here-document is missing: %.*s",
	    reader->path, began, length > 200 ? 200 : (int)length, word);
	reader->ended = true;
}

static struct ini_key *
key_take(struct reader *reader, const char *name, size_t length)
{
	struct ini *ini = reader->ini;
	struct ini_key *key = ini_key_make(ini, reader->section, name, length, reader->place);

	if (key == NULL) {
		reader->ended = true;
		return NULL;
	}
	if (!ini->dialect->lists) {
		if (key->file == ini->files)
			note_wrong_name(reader, "the section has this key twice", name, length);
		ini_values_clear(key); /* of an earlier file */
	}
	key->file = ini->files;
	return key;
}

static void
value_take(struct reader *reader, struct ini_key *key, const struct line *line, const char *text)
{
	size_t length = (size_t)(line->text + line->length - text);

	if (reader->ini->dialect->here_documents && length >= 2 && memcmp(text, "<<", 2) == 0) {
		here_document_take(reader, key, text + 2, (size_t)(line->raw_end - text - 2));
		return;
	}
	reader->value = ini_value_make(reader->ini, key, text, length, reader->place);
	if (reader->value == NULL)
		reader->ended = true;
}

/* KEY=VALUE */
static void
entry_take(struct reader *reader, const struct line *line)
{
	const char *end = line->text + line->length, *delimiter = line->text, *name_end, *text;
	struct ini_key *key;

	while (delimiter < end && strchr(reader->ini->dialect->delimiters, *delimiter) == NULL)
		delimiter++;
	for (name_end = delimiter; name_end > line->text && is_blank(name_end[-1]); name_end--)
		;
	if (delimiter == end || name_end == line->text) {
		note_wrong_name(reader, "is neither [SECTION] nor KEY = VALUE", line->text, line->length);
		return;
	}
	if ((key = key_take(reader, line->text, (size_t)(name_end - line->text))) == NULL)
		return;
	for (text = delimiter + 1; text < end && is_blank(*text); text++)
		;
	value_take(reader, key, line, text);
}

/* True: the line is a comment, blank, or goes on with a value. */
static bool
is_taken(struct reader *reader, const struct line *line)
{
	bool continues = reader->ini->dialect->continuations && reader->value != NULL;

	if (line->length > 0 && (*line->text == '#' || *line->text == ';'))
		return true;
	if (line->length > 0 && !(continues && line->indent > reader->indent))
		return false;
	if (continues && !ini_value_extend(reader->ini, reader->value, line->text, line->length))
		reader->ended = true;
	return true;
}

static void
line_take(struct reader *reader, const struct line *line)
{
	const char *name;
	size_t length;

	if (is_taken(reader, line))
		return;
	reader->indent = line->indent;
	if (header_find(reader, line, &name, &length)) {
		header_take(reader, name, length);
	} else if (reader->section == NULL) {
		note_wrong(reader, "stands before the first [SECTION]");
		reader->ended = true;
	} else {
		entry_take(reader, line);
	}
}

/* Blank lines at the end of a value belong to what follows. */
static void
values_trim(const struct ini *ini)
{
	struct ini_section *section;
	struct ini_key *key;
	struct ini_value *value;

	STAILQ_FOREACH(section, &ini->sections, entry)
		STAILQ_FOREACH(key, &section->keys, entry)
			STAILQ_FOREACH(value, &key->values, entry)
				while (value->length > 0 && strchr(BLANKS "\n", value->text[value->length - 1]) != NULL)
					value->text[--value->length] = '\0';
}

bool
ini_parse(struct ini *ini, const char *path, const char *text, size_t length)
{
	struct reader reader = {.ini = ini, .path = path, .at = text, .end = text + length};
	size_t wrong = import_count(ini->importing, IMPORT_WRONG);
	struct line line;

	ini->files++;
	if (memchr(text, '\0', length) != NULL) {
		import_note(ini->importing, IMPORT_WRONG, path, "is not text: it has a NUL");
		return false;
	}
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3; /* the byte order mark of UTF-8 */
	while (line_next(&reader, &line))
		line_take(&reader, &line);
	free(reader.place);
	values_trim(ini);
	return import_count(ini->importing, IMPORT_WRONG) == wrong;
}
