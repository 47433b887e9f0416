/*
 * What importers work on: the configuration that comes about, as the JSON value that its file is to mean, and notes on
 * what it cannot say as the other program did. An importer never checks what the configuration's own tables check: what
 * comes out is parsed before anybody sees it.
 */
#ifndef EXACHECK_IMPORTING_H
#define EXACHECK_IMPORTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct importing;

enum import_kind {
	IMPORT_DIFFERS, /* kept, and done in another way than there */
	IMPORT_LOST,	/* not kept: somebody has to do something about it */
	IMPORT_LACKS,	/* so, of what a route says; who runs it without a person who reads this must not announce it */
	IMPORT_WRONG,	/* the input cannot be read, or means nothing: there is no configuration */
	IMPORT_KINDS
};

/* NULL: out of memory. */
struct importing *importing_new(void);
void importing_free(struct importing *);

/*
 * Note something. place: where in the input, "web.conf:3" or "--ip"; NULL: nowhere in particular. The text says what is
 * different, why, and what to do; one line. The same at the same place is noted once. Want of memory is noted too.
 */
void import_note(struct importing *, enum import_kind, const char *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * What precedes the places of notes from now on: "exabgp.conf:3: process web"; NULL: nothing. It must stay. Returns what did
 * before.
 */
const char *import_within(struct importing *, const char *where);

/* How many there are of a kind. */
size_t import_count(const struct importing *, enum import_kind);
/* All of them, a line each: "exacheck: warning: web.conf:3: ...". */
void import_notes_print(const struct importing *, FILE *);

/* The same one by one, without the words that tell of which kind it is. */
void import_notes_each(const struct importing *, void (*visit)(void *context, enum import_kind, const char *text),
    void *context);

/* The configuration: a map, of this object. */
json_t *import_document(struct importing *);

/*
 * Add to a map, or (key NULL) to a list; the value is taken, as by json_object_set_new(3), and NULL is want of memory,
 * which is remembered. import_add_map and import_add_list return what they added, which may be NULL; adding to NULL
 * does nothing.
 */
void import_add(struct importing *, json_t *container, const char *key, json_t *value);
void import_add_text(struct importing *, json_t *container, const char *key, const char *text);
void import_add_integer(struct importing *, json_t *container, const char *key, int64_t value);
void import_add_number(struct importing *, json_t *container, const char *key, double value);
void import_add_flag(struct importing *, json_t *container, const char *key, bool value);
json_t *import_add_map(struct importing *, json_t *container, const char *key);
json_t *import_add_list(struct importing *, json_t *container, const char *key);

/* A check: a map at the end of "checks", with its name. */
json_t *import_add_check(struct importing *, const char *name);

/* Whether a check has this name; with parts also whether one has it with - and a number behind it. */
bool import_name_used(const struct importing *, const char *name, bool parts);

/* What to do beside the configuration: comment lines above it, each with its newline, without "# "; copied. */
void import_heading(struct importing *, const char *text);

/*
 * The configuration as YAML; malloc'd. It parses: what the configuration's tables refuse is noted as IMPORT_WRONG, with
 * what they warn of as IMPORT_DIFFERS. NULL: IMPORT_WRONG is noted, or memory is short. heading: comment lines above
 * those of import_heading, in the same form; NULL: none. path: for messages, where the configuration came from.
 */
char *importing_text(struct importing *, const char *path, const char *heading);

/* A program whose configuration can be read. */
struct importer {
	const char *name;
	const char *usage; /* of its arguments */
	void (*run)(struct importing *, int argc, char **argv); /* argv[0] is the first argument; notes say what failed */
};

extern const struct importer importers[]; /* a NULL name ends them */
void import_healthcheck(struct importing *, int argc, char **argv);
void import_perl(struct importing *, int argc, char **argv);
void import_anycast(struct importing *, int argc, char **argv);

#endif
