/*
 * State as lines of JSON. Touches the descriptor it is given. Invariant: nothing of a map is believed before its type
 * and range are those of the field.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/json_dump.h"

#define NOEXEC_SEAL 8u /* MFD_NOEXEC_SEAL of Linux 6.3; not in older headers */
#define LINE_START "{\""

static json_t *
field_save(const struct state_field *field, const void *value)
{
	switch (field->type) {
	case STATE_BOOL:
		return json_boolean(*(const bool *)value);
	case STATE_INT:
		return json_integer(*(const int *)value);
	case STATE_UNSIGNED:
		return json_integer(*(const unsigned *)value);
	case STATE_INT64:
		return json_integer(*(const int64_t *)value);
	case STATE_SIZE:
		return json_integer((json_int_t) * (const size_t *)value);
	case STATE_TIME:
		return json_integer(((const monotime_t *)value)->ns);
	}
	return NULL;
}

/* What a field's type can hold. */
static bool
field_holds(const struct state_field *field, const json_t *json)
{
	json_int_t number = json_integer_value(json);

	if (field->type == STATE_BOOL || !json_is_integer(json))
		return field->type == STATE_BOOL && json_is_boolean(json);
	switch (field->type) {
	case STATE_INT:
		return number >= INT_MIN && number <= INT_MAX;
	case STATE_UNSIGNED:
		return number >= 0 && number <= (field->limit > 0 ? field->limit - 1 : UINT_MAX);
	case STATE_SIZE:
		return number >= 0;
	case STATE_BOOL:
	case STATE_INT64:
	case STATE_TIME:
		break;
	}
	return true;
}

static void
field_load(const struct state_field *field, void *value, const json_t *json)
{
	json_int_t number = json_integer_value(json);

	switch (field->type) {
	case STATE_BOOL:
		*(bool *)value = json_is_true(json);
		break;
	case STATE_INT:
		*(int *)value = (int)number;
		break;
	case STATE_UNSIGNED:
		*(unsigned *)value = (unsigned)number;
		break;
	case STATE_INT64:
		*(int64_t *)value = number;
		break;
	case STATE_SIZE:
		*(size_t *)value = (size_t)number;
		break;
	case STATE_TIME:
		((monotime_t *)value)->ns = number;
		break;
	}
}

json_t *
state_save(const struct state_field *fields, const void *base)
{
	json_t *map = json_object();

	for (; map != NULL && fields->name != NULL; fields++)
		if (!state_put(map, fields->name, field_save(fields, (const char *)base + fields->offset))) {
			json_decref(map);
			return NULL;
		}
	return map;
}

bool
state_load(const struct state_field *fields, void *base, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	for (; fields->name != NULL; fields++) {
		const json_t *json = json_object_get(map, fields->name);

		if (json == NULL)
			continue;
		if (!field_holds(fields, json)) {
			snprintf(error, STATE_ERROR_SIZE, "%s is out of range", fields->name);
			return false;
		}
		field_load(fields, (char *)base + fields->offset, json);
	}
	return true;
}

const char *
state_text(const json_t *map, const char *key)
{
	return json_string_value(json_object_get(map, key));
}

bool
state_put(json_t *map, const char *key, json_t *value)
{
	return value != NULL && json_object_set_new_nocheck(map, key, value) == 0;
}

bool
state_put_text(json_t *map, const char *key, const char *text)
{
	return text == NULL || state_put(map, key, json_string(text));
}

bool
state_write(FILE *file, const char *kind, json_t *map)
{
	json_t *line = map != NULL ? json_object() : NULL;
	char *text = NULL;
	bool written = false;

	if (line != NULL && json_object_set_nocheck(line, kind, map) == 0)
		written = (text = json_dump(line, JSON_COMPACT)) != NULL && fputs(text, file) != EOF && fputc('\n', file) != EOF;
	free(text);
	json_decref(line);
	json_decref(map);
	return written;
}

/* The reader of a line's kind, which its first bytes say; NULL: none. */
static const struct state_reader *
reader_find(const struct state_reader *readers, const char *line)
{
	for (line += strlen(LINE_START); readers->kind != NULL; readers++) {
		size_t length = strlen(readers->kind);

		if (strncmp(line, readers->kind, length) == 0 && line[length] == '"')
			return readers;
	}
	return NULL;
}

/* Without memory for one moment it is worth another attempt. */
static json_t *
line_parse(const char *text, size_t length, json_error_t *problem)
{
	json_t *line = json_loadb(text, length, 0, problem);

	return line != NULL ? line : json_loadb(text, length, 0, problem);
}

/* text ends with a newline. */
static bool
line_read(const char *text, size_t length, const struct state_reader *readers, void *context,
    char error[static STATE_ERROR_SIZE])
{
	const struct state_reader *reader;
	char why[STATE_ERROR_SIZE] = "";
	json_error_t problem;
	json_t *line, *map;
	bool read;

	if (strncmp(text, LINE_START, strlen(LINE_START)) != 0) {
		snprintf(error, STATE_ERROR_SIZE, "a line is not what it must be");
		return false;
	}
	if ((reader = reader_find(readers, text)) == NULL)
		return true;
	if ((line = line_parse(text, length, &problem)) == NULL) {
		snprintf(error, STATE_ERROR_SIZE, "%s: %.200s", reader->kind, problem.text);
		return false;
	}
	map = json_object_get(line, reader->kind);
	read = json_is_object(map) && reader->read(context, map, why);
	if (!read)
		snprintf(error, STATE_ERROR_SIZE, "%s: %.200s", reader->kind, why[0] != '\0' ? why : "not a map");
	json_decref(line);
	return read;
}

static bool
lines_read(const char *text, size_t size, const struct state_reader *readers, void *context,
    char error[static STATE_ERROR_SIZE])
{
	static const char end[] = LINE_START "end\"";
	const char *newline;

	while ((newline = memchr(text, '\n', size)) != NULL) {
		size_t length = (size_t)(newline - text) + 1;

		if (strncmp(text, end, sizeof(end) - 1) == 0)
			return true;
		if (!line_read(text, length, readers, context, error))
			return false;
		text += length;
		size -= length;
	}
	snprintf(error, STATE_ERROR_SIZE, "it has no end");
	return false;
}

/* size bytes, or fewer where the file has become shorter meanwhile; malloc'd. NULL with errno. */
static char *
text_read(int fd, size_t *size)
{
	char *text = malloc(*size);
	size_t length = 0;
	ssize_t got = 1;

	while (text != NULL && length < *size && got > 0)
		if ((got = pread(fd, text + length, *size - length, (off_t)length)) > 0)
			length += (size_t)got;
	if (text == NULL || got >= 0) {
		*size = length;
		return text;
	}
	free(text);
	return NULL;
}

bool
state_read(int fd, const struct state_reader *readers, void *context, char error[static STATE_ERROR_SIZE])
{
	struct stat status;
	size_t size;
	char *text;
	bool good;

	if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode)) {
		snprintf(error, STATE_ERROR_SIZE, "it is no file");
		return false;
	}
	if ((size = (size_t)status.st_size) == 0) {
		snprintf(error, STATE_ERROR_SIZE, "it is empty");
		return false;
	}
	/* not mapped: who wrote it may empty it at any moment, since an upgrade that is refused leaves no secrets behind */
	if ((text = text_read(fd, &size)) == NULL) {
		snprintf(error, STATE_ERROR_SIZE, "it cannot be read: %s", strerror(errno));
		return false;
	}
	good = lines_read(text, size, readers, context, error);
	free(text);
	return good;
}

int
state_file_old(void)
{
	return open("/dev/shm", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

int
state_file_new(void)
{
	int fd = memfd_create("exacheck", MFD_CLOEXEC | NOEXEC_SEAL);

	return fd != -1 ? fd : state_file_old();
}
