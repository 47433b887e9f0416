/*
 * Option values as bytes, from the supervisor to a worker. Pure. Invariant: decoding trusts no length,
 * and a value enters a struct only through the parser that reads the configuration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_type.h"

#define RECORD_HEADER_SIZE 8
#define ITEM_HEADER_SIZE 4

struct writer {
	uint8_t *data;
	size_t length;
	size_t capacity;
	bool failed; /* out of memory, or too long for the encoding: stays so */
};

static void
write_bytes(struct writer *writer, const void *bytes, size_t length)
{
	uint8_t *data;

	if (writer->failed || length > UINT32_MAX - writer->length) {
		writer->failed = true;
		return;
	}
	if (writer->capacity < writer->length + length) {
		size_t capacity = (writer->length + length) * 2;

		if ((data = realloc(writer->data, capacity)) == NULL) {
			writer->failed = true;
			return;
		}
		writer->data = data;
		writer->capacity = capacity;
	}
	if (length > 0)
		memcpy(writer->data + writer->length, bytes, length);
	writer->length += length;
}

static void
write_item(struct writer *writer, const char *text)
{
	uint32_t length = (uint32_t)strlen(text);

	write_bytes(writer, &length, sizeof(length));
	write_bytes(writer, text, length);
}

/* Records begin with their value's length unknown; record_end fills it in. Returns where the value begins. */
static size_t
record_begin(struct writer *writer, const struct option *option, enum option_kind kind)
{
	uint8_t header[RECORD_HEADER_SIZE] = {[2] = (uint8_t)kind};
	uint16_t key_length = (uint16_t)strlen(option->name);

	memcpy(header, &key_length, sizeof(key_length));
	write_bytes(writer, header, sizeof(header));
	write_bytes(writer, option->name, key_length);
	return writer->length;
}

static void
record_end(struct writer *writer, const struct option *option, size_t begin)
{
	uint32_t length = (uint32_t)(writer->length - begin);

	if (!writer->failed)
		memcpy(writer->data + begin - strlen(option->name) - sizeof(length), &length, sizeof(length));
}

/* How each storage is encoded. */
static enum option_kind
storage_kind(enum option_storage storage)
{
	static const enum option_kind kinds[] = {
		[STORAGE_BOOL] = OPTION_KIND_BOOL,
		[STORAGE_CHOICE] = OPTION_KIND_STRING,
		[STORAGE_INTEGER] = OPTION_KIND_INTEGER,
		[STORAGE_NUMBER] = OPTION_KIND_NUMBER,
		[STORAGE_TEXT] = OPTION_KIND_STRING,
		[STORAGE_LIST] = OPTION_KIND_LIST,
		[STORAGE_MAP] = OPTION_KIND_MAP,
		[STORAGE_TABLE] = OPTION_KIND_TABLE,
	};

	return kinds[storage];
}

static void encode_table(struct writer *, const struct option *, const void *);

static void
encode_value(struct writer *writer, const struct option *option, const void *value)
{
	const struct string_list *list = value;
	const struct string_map *map = value;
	const char *text;
	uint8_t flag;

	switch (option_storage(option)) {
	case STORAGE_BOOL:
		flag = *(const bool *)value;
		write_bytes(writer, &flag, sizeof(flag));
		break;
	case STORAGE_CHOICE:
		text = option->choices[*(const int *)value];
		write_bytes(writer, text, strlen(text));
		break;
	case STORAGE_INTEGER:
		write_bytes(writer, value, sizeof(int64_t));
		break;
	case STORAGE_NUMBER:
		write_bytes(writer, value, sizeof(double));
		break;
	case STORAGE_TEXT:
		text = *(char *const *)value;
		write_bytes(writer, text, strlen(text));
		break;
	case STORAGE_LIST:
		for (size_t i = 0; i < list->count; i++)
			write_item(writer, list->items[i]);
		break;
	case STORAGE_MAP:
		for (size_t i = 0; i < map->count; i++) {
			write_item(writer, map->keys[i]);
			write_item(writer, map->values[i]);
		}
		break;
	case STORAGE_TABLE:
		encode_table(writer, option->table, value);
		break;
	}
}

static void
encode_table(struct writer *writer, const struct option *table, const void *base)
{
	for (const struct option *option = table; option->name != NULL; option++) {
		const void *value = option_at_const(option, base);
		size_t begin;

		if (!option_is_set(option, value))
			continue;
		begin = record_begin(writer, option, storage_kind(option_storage(option)));
		encode_value(writer, option, value);
		record_end(writer, option, begin);
	}
}

bool
options_encode(const struct option *table, const void *base, uint8_t **buffer, size_t *length)
{
	struct writer writer = {.data = *buffer, .length = *length, .capacity = *length};

	encode_table(&writer, table, base);
	*buffer = writer.data;
	*length = writer.length;
	return !writer.failed;
}

struct reader {
	const uint8_t *data;
	size_t left;
};

/* Take length bytes; NULL when there are not that many. */
static const uint8_t *
read_bytes(struct reader *reader, size_t length)
{
	const uint8_t *bytes = reader->data;

	if (length > reader->left)
		return NULL;
	reader->data += length;
	reader->left -= length;
	return bytes;
}

/* A text of the given bytes, malloc'd; NULL with the reason in error. */
static char *
copy_text(const uint8_t *bytes, size_t length, char *error)
{
	char *text;

	if (length > 0 && memchr(bytes, '\0', length) != NULL) {
		option_error(error, "has a NUL byte in its text");
		return NULL;
	}
	if ((text = malloc(length + 1)) == NULL) {
		option_error(error, "out of memory");
		return NULL;
	}
	if (length > 0)
		memcpy(text, bytes, length);
	text[length] = '\0';
	return text;
}

static char *
read_item(struct reader *reader, char *error)
{
	const uint8_t *bytes = read_bytes(reader, ITEM_HEADER_SIZE);
	uint32_t length;

	if (bytes != NULL) {
		memcpy(&length, bytes, sizeof(length));
		bytes = read_bytes(reader, length);
	}
	if (bytes == NULL) {
		option_error(error, "is cut short");
		return NULL;
	}
	return copy_text(bytes, length, error);
}

/* An item of a list or a value of a map in canonical text, malloc'd; NULL with the reason in error. */
static char *
read_valid_item(const struct option *option, struct reader *reader, char *error)
{
	char *text = read_item(reader, error), *canonical = NULL;

	if (text != NULL && !option_parse_scalar(option, text, &canonical, error))
		canonical = NULL;
	free(text);
	return canonical;
}

static bool
decode_list(const struct option *option, struct string_list *list, struct reader value, char *error)
{
	char *item;

	string_list_free(list); /* the default */
	while (value.left > 0) {
		if ((item = read_valid_item(option, &value, error)) == NULL)
			return false;
		if (!string_list_add(list, item))
			return option_error(error, "out of memory");
	}
	return true;
}

static bool
decode_map(const struct option *option, struct string_map *map, struct reader value, char *error)
{
	char *key, *text;

	string_map_free(map);
	while (value.left > 0) {
		if ((key = read_item(&value, error)) == NULL)
			return false;
		if (string_map_get(map, key) != NULL) {
			free(key);
			return option_error(error, "has a key twice");
		}
		if ((text = read_valid_item(option, &value, error)) == NULL) {
			free(key);
			return false;
		}
		if (!string_map_add(map, key, text))
			return option_error(error, "out of memory");
	}
	return true;
}

/*
 * The text, as the configuration would have it, of a scalar that is encoded as a number; NULL with the
 * reason in error. The parser then checks it, so that ranges are checked in one place only.
 */
static char *
number_text(const struct option *option, struct reader value, char *error)
{
	union {
		bool flag;
		int64_t integer;
		double number;
	} raw;
	enum option_storage storage = option_storage(option);
	size_t size = storage == STORAGE_BOOL ? 1 : 8;
	char *text;

	if (value.left != size || (storage == STORAGE_BOOL && *value.data > 1)) {
		option_error(error, "has a value of the wrong size");
		return NULL;
	}
	if (storage == STORAGE_BOOL)
		raw.flag = *value.data != 0;
	else
		memcpy(&raw, value.data, size);
	if (!option_is_set(option, &raw))
		option_error(error, "has no value");
	else if ((text = option_format_scalar(option, &raw)) == NULL)
		option_error(error, "out of memory");
	else
		return text;
	return NULL;
}

static bool
decode_scalar(const struct option *option, void *value, struct reader bytes, char *error)
{
	bool is_text = storage_kind(option_storage(option)) == OPTION_KIND_STRING;
	char *text = is_text ? copy_text(bytes.data, bytes.left, error) : number_text(option, bytes, error);
	char *before = option_storage(option) == STORAGE_TEXT ? *(char **)value : NULL;
	bool parsed = text != NULL && option_parse_scalar(option, text, value, error);

	free(text);
	if (parsed)
		free(before); /* the default */
	return parsed;
}

static bool decode_table(const struct option *, void *, struct reader, char *);

static bool
decode_value(const struct option *option, void *value, struct reader bytes, char *error)
{
	switch (option_storage(option)) {
	case STORAGE_LIST:
		return decode_list(option, value, bytes, error);
	case STORAGE_MAP:
		return decode_map(option, value, bytes, error);
	case STORAGE_TABLE:
		return decode_table(option->table, value, bytes, error);
	default:
		return decode_scalar(option, value, bytes, error);
	}
}

/* The option whose name is the given bytes, or NULL. */
static const struct option *
find_key(const struct option *table, const uint8_t *key, size_t length)
{
	for (const struct option *option = table; option->name != NULL; option++)
		if (strlen(option->name) == length && memcmp(option->name, key, length) == 0)
			return option;
	return NULL;
}

/* Read one record's frame; the option it is for and its value. */
static bool
decode_record(const struct option *table, struct reader *reader, const struct option **option, struct reader *value,
    char *error)
{
	const uint8_t *header = read_bytes(reader, RECORD_HEADER_SIZE), *key;
	uint16_t key_length;
	uint32_t length;

	if (header == NULL)
		return option_error(error, "arguments are cut short");
	memcpy(&key_length, header, sizeof(key_length));
	memcpy(&length, header + 4, sizeof(length));
	key = read_bytes(reader, key_length);
	value->data = key != NULL ? read_bytes(reader, length) : NULL;
	value->left = length;
	if (value->data == NULL)
		return option_error(error, "arguments are cut short");
	if ((*option = find_key(table, key, key_length)) == NULL)
		return option_error(error, "arguments have an unknown key \"%.*s\"",
		    (int)(key_length > 40 ? 40 : key_length), (const char *)key);
	if (header[2] != storage_kind(option_storage(*option)) || header[3] != 0)
		return option_error(error, "%s: is encoded as another kind of value", (*option)->name);
	return true;
}

static bool
decode_table(const struct option *table, void *base, struct reader reader, char *error)
{
	char reason[OPTION_ERROR_SIZE];
	const struct option *option = NULL;
	struct reader value = {0};
	uint64_t seen = 0;

	while (reader.left > 0) {
		if (!decode_record(table, &reader, &option, &value, error))
			return false;
		if (seen & (UINT64_C(1) << (option - table)))
			return option_error(error, "%s: is there twice", option->name);
		seen |= UINT64_C(1) << (option - table);
		if (!decode_value(option, option_at(option, base), value, reason))
			return option_error(error, "%s: %s", option->name, reason);
	}
	for (option = table; option->name != NULL; option++)
		if ((option->flags & OPTION_REQUIRED) != 0 && (seen & (UINT64_C(1) << (option - table))) == 0)
			return option_error(error, "%s: is required", option->name);
	return true;
}

bool
options_decode(const struct option *table, void *base, const uint8_t *data, size_t length,
    char error[static OPTION_ERROR_SIZE])
{
	if (!options_set_defaults(table, base))
		option_error(error, "out of memory");
	else if (decode_table(table, base, (struct reader){data, length}, error))
		return true;
	options_free(table, base);
	return false;
}
