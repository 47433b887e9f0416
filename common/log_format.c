/*
 * Formats of log lines. Pure, but for the time zone. Invariant: a format that has been compiled makes a line of any
 * record, and as many lines as there are records.
 */
#include "log_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log_field.h"
#include "log_markup.h"
#include "log_time.h"
#include "utf8.h"

#define WIDTH_MAX 1024
#define NAME_SHOWN 20 /* bytes of a name in an error */
#define FILL_SIZE 5 /* a character of UTF-8, and NUL */

/* [[fill]align][0][width][.precision], of characters, not bytes. */
struct layout {
	char fill[FILL_SIZE];
	char align; /* < > ^ */
	size_t width;
	long precision; /* -1: all */
};

enum piece_kind { PIECE_TEXT, PIECE_FIELD, PIECE_TIME };

struct piece {
	enum piece_kind kind;
	char *text;
	const struct log_field *field;
	struct layout layout;
	struct log_time *time;
};

struct log_format {
	size_t count, size;
	struct piece *pieces;
};

/* The format while it is compiled. */
struct compiler {
	struct log_format *format;
	struct log_markup markup;
	char *error; /* LOG_FORMAT_ERROR_SIZE */
};

static bool
refuse(const struct compiler *compiler, const char *why)
{
	snprintf(compiler->error, LOG_FORMAT_ERROR_SIZE, "%s", why);
	return false;
}

/* Refuse a field, by its name. */
static bool
refuse_field(const struct compiler *compiler, const char *name, const char *why)
{
	snprintf(compiler->error, LOG_FORMAT_ERROR_SIZE, "{%.*s}: %s", NAME_SHOWN, name, why);
	utf8_sanitise(compiler->error);
	return false;
}

/* A further piece, empty. NULL: out of memory. */
static struct piece *
piece_add(struct compiler *compiler)
{
	struct log_format *format = compiler->format;
	struct piece *grown;

	if (format->count == format->size) {
		size_t size = format->size * 2 + 8;

		if ((grown = reallocarray(format->pieces, size, sizeof(*grown))) == NULL) {
			refuse(compiler, "out of memory");
			return NULL;
		}
		format->pieces = grown;
		format->size = size;
	}
	grown = &format->pieces[format->count++];
	*grown = (struct piece){.kind = PIECE_TEXT};
	return grown;
}

static size_t
character_size(const char *text)
{
	size_t size = 1;

	while ((text[size] & 0xc0) == 0x80)
		size++;
	return size;
}

static bool
layout_number(const char **at, long *number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*number = strtol(*at, &end, 10);
	*at = end;
	return true;
}

/* The fill and where the text is put, if said. Returns what follows. */
static const char *
layout_align(struct layout *layout, const char *spec)
{
	size_t size = *spec != '\0' ? character_size(spec) : 0;

	if (size > 0 && size < FILL_SIZE && spec[size] != '\0' && strchr("<>^=", spec[size]) != NULL) {
		memcpy(layout->fill, spec, size);
		layout->fill[size] = '\0';
		spec += size;
	} else if (*spec == '\0' || strchr("<>^=", *spec) == NULL) {
		return spec;
	}
	layout->align = *spec;
	return spec + 1;
}

/* What follows the colon. */
static bool
layout_read(struct compiler *compiler, struct piece *piece, const char *name, const char *spec)
{
	struct layout *layout = &piece->layout;
	bool number = piece->field->number;
	long width = 0;

	*layout = (struct layout){.precision = -1};
	spec = layout_align(layout, spec);
	if (*spec == '0') {
		if (layout->fill[0] == '\0')
			strcpy(layout->fill, "0");
		spec++;
	}
	if (layout->fill[0] == '\0')
		strcpy(layout->fill, " ");
	(void)layout_number(&spec, &width);
	if (width > WIDTH_MAX)
		return refuse_field(compiler, name, "too wide: at most 1024 characters");
	layout->width = (size_t)width;
	if (*spec == '.' && !number) {
		spec++;
		if (!layout_number(&spec, &layout->precision))
			return refuse_field(compiler, name, "after the dot follows how many characters are shown");
	}
	if (*spec == (number ? 'd' : 's'))
		spec++;
	if (*spec != '\0' || (layout->align == '=' && !number))
		return refuse_field(compiler, name, number ?
		    "after the colon of a number follow [[fill]align][0][width]; align: < > ^" :
		    "after the colon of a text follow [[fill]align][width][.precision]; align: < > ^");
	if (layout->align == '=' || layout->align == '\0')
		layout->align = number ? '>' : '<';
	return true;
}

/* Without time; name: modified here. */
static bool
field_compile(struct compiler *compiler, char *name, const char *spec)
{
	const struct log_field *field = log_field_find(name);
	struct piece *piece;

	if (field == NULL)
		return refuse_field(compiler, name, "no such field: " LOG_FIELD_NAMES);
	if ((piece = piece_add(compiler)) == NULL)
		return false;
	piece->kind = PIECE_FIELD;
	piece->field = field;
	return layout_read(compiler, piece, name, spec);
}

static bool
time_compile(struct compiler *compiler, const char *spec)
{
	struct piece *piece = piece_add(compiler);

	if (piece == NULL)
		return false;
	piece->kind = PIECE_TIME;
	return (piece->time = log_time_compile(spec, strlen(spec), compiler->error)) != NULL;
}

/* What stands between braces. */
static bool
braces_compile(struct compiler *compiler, char *name)
{
	char *spec = name + strcspn(name, ":"), *conversion;

	if (*spec != '\0')
		*spec++ = '\0';
	conversion = strchr(name, '!');
	if (conversion != NULL) {
		if (strcmp(conversion, "!s") != 0)
			return refuse_field(compiler, name, "there are no conversions but !s");
		*conversion = '\0';
	}
	return strcmp(name, "time") == 0 ? time_compile(compiler, spec) : field_compile(compiler, name, spec);
}

/* The text to the next field or the end, without its markup. Sets *at to behind it. */
static bool
text_compile(struct compiler *compiler, const char **at)
{
	const char *from = *at;
	char *text = malloc(strlen(from) + 1);
	struct piece *piece;
	size_t length = 0;

	if (text == NULL)
		return refuse(compiler, "out of memory");
	for (; *from != '\0' && (*from != '{' || from[1] == '{'); from++) {
		if (*from == '}' && from[1] != '}') {
			free(text);
			return refuse(compiler, "a single }: write it twice where it is text");
		}
		if (*from == '{' || *from == '}')
			from++;
		text[length++] = *from;
	}
	text[length] = '\0';
	*at = from;
	if ((piece = piece_add(compiler)) == NULL) {
		free(text);
		return false;
	}
	piece->text = text;
	return log_markup_strip(&compiler->markup, text, compiler->error);
}

static bool
format_compile(struct compiler *compiler, const char *at)
{
	while (*at != '\0') {
		const char *end;
		char *name;
		bool compiled;

		if (!text_compile(compiler, &at))
			return false;
		if (*at == '\0')
			break;
		at++;
		end = at + strcspn(at, "{}");
		if (*end != '}')
			return refuse(compiler, *end == '{' ? "a { within a field: fields hold no others" :
			    "a { without }: write it twice where it is text");
		if ((name = strndup(at, (size_t)(end - at))) == NULL)
			return refuse(compiler, "out of memory");
		compiled = braces_compile(compiler, name);
		free(name);
		if (!compiled)
			return false;
		at = end + 1;
	}
	return log_markup_end(&compiler->markup, compiler->error);
}

/* A line of the log is one line. */
static bool
format_printable(struct compiler *compiler, const char *format)
{
	for (; *format != '\0'; format++)
		if (((unsigned char)*format < ' ' && *format != '\t') || *format == 0x7f)
			return refuse(compiler,
			    "there is a line break or a control character in it: a log line is one line");
	return true;
}

struct log_format *
log_format_compile(const char *text, char error[static LOG_FORMAT_ERROR_SIZE])
{
	size_t length = strlen(text);
	struct compiler compiler = {.format = calloc(1, sizeof(*compiler.format)), .error = error};
	char *copy;

	/* a block of YAML ends with a line break, which each line has anyway */
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	copy = strndup(text, length);
	if (compiler.format == NULL || copy == NULL)
		refuse(&compiler, "out of memory");
	if (compiler.format == NULL || copy == NULL || !format_printable(&compiler, copy) ||
	    !format_compile(&compiler, copy)) {
		log_format_free(compiler.format);
		compiler.format = NULL;
	}
	free(copy);
	return compiler.format;
}

void
log_format_free(struct log_format *format)
{
	if (format == NULL)
		return;
	for (size_t i = 0; i < format->count; i++) {
		free(format->pieces[i].text);
		log_time_free(format->pieces[i].time);
	}
	free(format->pieces);
	free(format);
}

static void
fill_print(const struct layout *layout, size_t count, FILE *stream)
{
	for (; count > 0; count--)
		fputs(layout->fill, stream);
}

static void
field_print(const struct piece *piece, const struct log_fields *fields, FILE *stream)
{
	char buffer[LOG_FIELD_SIZE];
	const struct layout *layout = &piece->layout;
	const char *text = piece->field->text(fields, buffer), *end = text;
	size_t shown = 0, room, before;

	for (; *end != '\0' && (layout->precision < 0 || shown < (size_t)layout->precision); shown++)
		end += character_size(end);
	room = shown < layout->width ? layout->width - shown : 0;
	before = layout->align == '<' ? 0 : layout->align == '>' ? room : room / 2;
	fill_print(layout, before, stream);
	fwrite(text, 1, (size_t)(end - text), stream);
	fill_print(layout, room - before, stream);
}

static void
piece_print(const struct piece *piece, const struct log_fields *fields, FILE *stream)
{
	if (piece->kind == PIECE_TEXT)
		fputs(piece->text, stream);
	else if (piece->kind == PIECE_TIME)
		log_time_print(piece->time, fields->at_us, stream);
	else
		field_print(piece, fields, stream);
}

char *
log_format_line(const struct log_format *format, const struct log_fields *fields)
{
	char *line = NULL;
	size_t length;
	bool failed;
	FILE *stream = open_memstream(&line, &length);

	if (stream == NULL)
		return NULL;
	for (size_t i = 0; i < format->count; i++)
		piece_print(&format->pieces[i], fields, stream);
	failed = ferror(stream) != 0;
	if (fclose(stream) == EOF || failed) {
		free(line);
		return NULL;
	}
	return line;
}
