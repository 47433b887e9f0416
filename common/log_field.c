/*
 * Fields of log lines, as a table. Pure. Invariant: every field has a text for every line.
 */
#include "log_field.h"

#include <bsd/string.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NOBODYS_CHECK "MASTER" /* as ExaCheck calls itself */

/* loguru's numbers and icons. */
static const struct level {
	const char *name, *number, *icon;
} levels[] = {
	{"error", "40", "\xe2\x9d\x8c"},
	{"warning", "30", "\xe2\x9a\xa0\xef\xb8\x8f"},
	{"info", "20", "\xe2\x84\xb9\xef\xb8\x8f"},
	{"success", "25", "\xe2\x9c\x94\xef\xb8\x8f"},
	{"debug", "10", "\xf0\x9f\x90\x9e"},
	{"trace", "5", "\xe2\x9c\x8f\xef\xb8\x8f"},
};

static const struct level *
level_find(const char *name)
{
	static const struct level unknown = {"", "0", ""};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(levels[i].name, name) == 0)
			return &levels[i];
	return &unknown;
}

static const char *
text_level(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	strlcpy(buffer, fields->level, LOG_FIELD_SIZE);
	for (char *at = buffer; *at != '\0'; at++)
		*at = (char)toupper((unsigned char)*at);
	return buffer;
}

static const char *
text_level_number(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	(void)buffer;
	return level_find(fields->level)->number;
}

static const char *
text_level_icon(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	(void)buffer;
	return level_find(fields->level)->icon;
}

static const char *
text_pid(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	snprintf(buffer, LOG_FIELD_SIZE, "%d", fields->pid);
	return buffer;
}

static const char *
text_line(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	snprintf(buffer, LOG_FIELD_SIZE, "%u", fields->line);
	return buffer;
}

static const char *
text_process_name(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	(void)fields;
	(void)buffer;
	return "exacheck";
}

static const char *
text_nothing(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	(void)fields;
	(void)buffer;
	return "";
}

static const char *
text_check(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	(void)buffer;
	return fields->check != NULL ? fields->check : NOBODYS_CHECK;
}

/* The fields of which a line has the very text. */
#define TEXT_OF(MEMBER)                                                                     \
	static const char *                                                                 \
	text_##MEMBER(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE]) \
	{                                                                                   \
		(void)buffer;                                                               \
		return fields->MEMBER;                                                      \
	}
TEXT_OF(event)
TEXT_OF(subsystem)
TEXT_OF(text)
TEXT_OF(file)
TEXT_OF(function)

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static const char *
text_file_name(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	(void)buffer;
	return base_name(fields->file);
}

/* Without what follows the dot: what Python calls a module. */
static const char *
stem_copy(const char *path, char buffer[static LOG_FIELD_SIZE])
{
	strlcpy(buffer, path, LOG_FIELD_SIZE);
	buffer[strcspn(buffer, ".")] = '\0';
	return buffer;
}

static const char *
text_module(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	return stem_copy(base_name(fields->file), buffer);
}

/* A module with those that it is in: supervisor.transition */
static const char *
text_name(const struct log_fields *fields, char buffer[static LOG_FIELD_SIZE])
{
	stem_copy(fields->file, buffer);
	for (char *at = buffer; *at != '\0'; at++)
		if (*at == '/')
			*at = '.';
	return buffer;
}

static const struct log_field table[] = {
	{"level", false, text_level},
	{"level.name", false, text_level},
	{"level.no", true, text_level_number},
	{"level.icon", false, text_level_icon},
	{"process", true, text_pid},
	{"process.id", true, text_pid},
	{"process.name", false, text_process_name},
	{"message", false, text_text},
	{"extra[check_name]", false, text_check},
	{"extra[event]", false, text_event},
	{"extra[subsystem]", false, text_subsystem},
	{"file", false, text_file_name},
	{"file.name", false, text_file_name},
	{"file.path", false, text_file},
	{"line", true, text_line},
	{"function", false, text_function},
	{"name", false, text_name},
	{"module", false, text_module},
	{"exception", false, text_nothing},
};

const struct log_field *
log_field_find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}
