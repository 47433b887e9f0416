/*
 * Option tables: one table describes the keys of one map of the configuration. The table alone drives
 * decoding and validation (supervisor/decode.c), error texts, defaults, the printed configuration, the
 * JSON schema (supervisor/schema.c) and the encoding of a check's arguments to its worker. An option's
 * value lives at `offset` in the struct that the table describes.
 */
#ifndef EXACHECK_OPTION_H
#define EXACHECK_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_ERROR_SIZE 320
#define OPTIONS_MAX 64 /* keys a table may have: `given` is a 64-bit set */

/* Values of INTEGER, SECONDS and PERCENT options that were not given and have no default. */
#define OPTION_UNSET INT64_MIN

enum option_type {
	/* scalars with a storage type of their own */
	OPTION_BOOL,	/* bool; true false yes no on off, any case */
	OPTION_INTEGER, /* int64_t, OPTION_UNSET */
	OPTION_NUMBER,	/* double, NAN when not given */
	OPTION_SECONDS, /* int64_t nanoseconds, OPTION_UNSET; text is decimal seconds */
	OPTION_CHOICE,	/* int: index in choices (matched in any case), -1 when not given */
	OPTION_PATH_ID, /* int64_t, OPTION_UNSET; 0 to 4294967295 or dotted quad */
	OPTION_PERCENT, /* int64_t parts per million, OPTION_UNSET; text is 0% to 100%, decimals allowed */
	OPTION_MODE,	/* int64_t, OPTION_UNSET; permissions of a file, octal: 0 to 0777 */
	OPTION_SIZE,	/* int64_t bytes, OPTION_UNSET; text is a whole number with a unit: 10MB, 64MiB */
	/* scalars stored as char * of canonical text, NULL when not given */
	OPTION_STRING,
	OPTION_NAME,	  /* a check's name: 1 to 200 bytes, no quotes, no control characters */
	OPTION_PATH,	  /* absolute path */
	OPTION_PATTERN,	  /* regular expression that pattern.h accepts */
	OPTION_HOST,	  /* address or host name */
	OPTION_ADDRESS,	  /* literal address */
	OPTION_NEXT_HOP,  /* literal address or self */
	OPTION_PREFIX,	  /* network; canonical text has a length */
	OPTION_COMMUNITY, /* canonical: A:B, A:B:C or 0x + 16 hex digits, see bgp.h */
	OPTION_AS_PATH,	  /* ASNs separated by blanks; canonical: asplain */
	OPTION_STATUS,	  /* HTTP status 100 to 599 or range A-B; canonical: A or A-B */
	OPTION_URL,	  /* http or https URL with a host */
	OPTION_DNS_NAME,  /* a domain name */
	OPTION_DNS_TYPE,  /* a DNS record type's name; canonical: upper case */
	OPTION_DNS_RCODE, /* a DNS response code's name; canonical: upper case */
	OPTION_HEADER_VALUE, /* string without CR, LF, NUL */
	OPTION_LISTEN, /* ADDRESS:PORT, [IPV6]:PORT, canonical; port 1 to 65535 */
	OPTION_RECEIVER, /* absolute path of a socket, address or host name */
	OPTION_WORD,	/* one of choices (matched in any case), canonical as it stands there */
	OPTION_SECRET,	/* string that no message quotes */
	/* containers */
	OPTION_TABLE, /* a nested struct at offset, described by `table` */
	OPTION_TYPES
};

enum option_flags {
	OPTION_REQUIRED = 1, /* must be given */
	OPTION_LIST = 2,     /* struct string_list of items of this (text) type; one value stands for a list of one */
	OPTION_MAP = 4,	     /* struct string_map with values of this (text) type */
	OPTION_ABOVE_MIN = 8, /* the value must be greater than min, not equal to it */
	OPTION_GIVEN = 16, /* a TABLE that means nothing unless its map is there: then, and only then, its first option is set */
};

struct string_list {
	size_t count;
	char **items; /* owned */
};

struct string_map {
	size_t count;
	char **keys; /* owned, in file order */
	char **values; /* owned */
};

struct option {
	const char *name;
	enum option_type type;
	unsigned flags;
	size_t offset;
	double min, max; /* INTEGER, NUMBER, SECONDS: inclusive unless OPTION_ABOVE_MIN; both 0: no bounds, but the
			  * lower one with OPTION_ABOVE_MIN; max below min: no upper bound. Text: length in bytes. */
	const char *fallback;	    /* default as text in the configuration's own spelling, NULL: none;
				     * of a list, its items with blanks between */
	const char *const *choices; /* CHOICE, WORD: NULL-terminated */
	const struct option *table; /* TABLE: its options */
	const char *unit;	    /* "seconds", "milliseconds", "bytes" or NULL */
	const char *help;	    /* one phrase, for schema and manual */
};

/* The end of every table. */
#define OPTION_END {.name = NULL}

/*
 * Parse one scalar of the option's type (list and map flags are not looked at: this is one item) and
 * store it at `value` (pointer to the storage type above; a char * already there is not freed).
 * Returns true, or false with the reason in error, phrased to follow "KEY: ", e.g. "must be 1 to 65535,
 * got 70000".
 */
bool option_parse_scalar(const struct option *, const char *text, void *value, char error[static OPTION_ERROR_SIZE]);

/*
 * The canonical text of a scalar value, in a form that parses back to the same; malloc'd. NULL when the
 * value is unset. Numbers print without needless digits ("0.25", "15").
 */
char *option_format_scalar(const struct option *, const void *value);

/*
 * Set every option of base (zeroed memory is assumed) to its default or to unset. Recurses into tables.
 * Returns false when out of memory (base can be freed with options_free).
 */
bool options_set_defaults(const struct option *table, void *base);

/* Free everything that options own in base. Recurses into tables. Leaves base all unset. */
void options_free(const struct option *table, void *base);

/* Whether all options have the same values; whether one has, whose values a and b point to. */
bool options_equal(const struct option *table, const void *a, const void *b);
bool option_equal(const struct option *, const void *a, const void *b);

/* The option called name, or NULL. */
const struct option *option_find(const struct option *table, const char *name);
/* Its index in the table (bit in `given`), for an option that is in the table. */
unsigned option_index(const struct option *table, const char *name);

/*
 * The encoding of a table's values for a worker, see exacheck-worker(7). One record for each set value:
 * uint16_t length of the key, uint8_t kind, uint8_t 0, uint32_t length of the value, the key, the value;
 * integers in host order, nothing aligned, no NUL anywhere in text.
 */
enum option_kind {
	OPTION_KIND_BOOL = 1, /* uint8_t 0 or 1 */
	OPTION_KIND_INTEGER,  /* int64_t; SECONDS options: nanoseconds */
	OPTION_KIND_NUMBER,   /* double */
	OPTION_KIND_STRING,   /* the text; CHOICE options: the choice's name */
	OPTION_KIND_LIST,     /* for each item uint32_t length and the text */
	OPTION_KIND_MAP,      /* key, value, key, value, each as an item of a list */
	OPTION_KIND_TABLE     /* records */
};

/*
 * Encode all set values. Appends to a malloc'd buffer that the caller frees (NULL and 0 at first).
 * Returns false when out of memory; the buffer is then to be freed all the same.
 */
bool options_encode(const struct option *table, const void *base, uint8_t **buffer, size_t *length);

/*
 * Decode what options_encode made into base (zeroed), after setting defaults. Every length is checked and
 * every value validated by the table; unknown and repeated keys, missing required ones, wrong kinds and
 * trailing bytes are errors. Returns false with the reason in error; nothing in base is owned then.
 */
bool options_decode(const struct option *table, void *base, const uint8_t *data, size_t length,
    char error[static OPTION_ERROR_SIZE]);

/* Pointers into a base struct. */
static inline void *
option_at(const struct option *option, void *base)
{
	return (char *)base + option->offset;
}

static inline const void *
option_at_const(const struct option *option, const void *base)
{
	return (const char *)base + option->offset;
}

void string_list_free(struct string_list *);
bool string_list_add(struct string_list *, char *item); /* takes ownership; false: out of memory, item freed */
void string_map_free(struct string_map *);
bool string_map_add(struct string_map *, char *key, char *value); /* takes ownership of both */
const char *string_map_get(const struct string_map *, const char *key); /* NULL when absent */

#endif
