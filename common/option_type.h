/*
 * The one table of option types: how each is stored and how its text is read. Internal to option*.c.
 */
#ifndef EXACHECK_OPTION_TYPE_H
#define EXACHECK_OPTION_TYPE_H

#include "option.h"
#include "option_error.h"

enum option_storage {
	STORAGE_BOOL,	 /* bool */
	STORAGE_CHOICE,	 /* int, -1 when unset */
	STORAGE_INTEGER, /* int64_t, OPTION_UNSET */
	STORAGE_NUMBER,	 /* double, NAN */
	STORAGE_TEXT,	 /* char *, NULL */
	STORAGE_LIST,	 /* struct string_list: an option with OPTION_LIST, whatever its type */
	STORAGE_MAP,	 /* struct string_map: an option with OPTION_MAP */
	STORAGE_TABLE	 /* nested struct */
};

struct option_type_info {
	enum option_storage storage; /* of one scalar */
	bool (*parse)(const struct option *, const char *text, void *value, char error[static OPTION_ERROR_SIZE]);
	char *(*format)(const struct option *, const void *value); /* called for set values only */
};

extern const struct option_type_info option_types[OPTION_TYPES];

/* How the option's whole value is stored, list and map flags included. */
enum option_storage option_storage(const struct option *);

/* Whether the value at `value` is set; a bool always is, a container when it has items. */
bool option_is_set(const struct option *, const void *value);

/* Sizes (option_size.c), for the table. */
bool size_parse(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
char *size_format(const struct option *, const void *);

/* The index of a word in the option's choices, whatever its case; -1, which has been told: it is none of them. */
int choice_parse(const struct option *, const char *text, char error[static OPTION_ERROR_SIZE]);

/* Parsers of the text types (option_text.c), for the table. */
bool text_parse_string(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_name(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_path(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_pattern(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_host(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_address(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_listen(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_next_hop(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_prefix(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_community(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_as_path(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_status(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_url(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_dns_name(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_dns_type(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_dns_rcode(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_header_value(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_word(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);
bool text_parse_receiver(const struct option *, const char *, void *, char error[static OPTION_ERROR_SIZE]);

#endif
