/*
 * INI files of the two programs that have them, as Perl's Config::IniFiles and as Python's configparser read them.
 * Every section and every value knows its place. What cannot be read is noted as IMPORT_WRONG.
 */
#ifndef EXACHECK_INI_H
#define EXACHECK_INI_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stddef.h>

#include "importing.h"

/* How one library reads them. */
struct ini_dialect {
	const char *delimiters; /* one of these characters stands between key and value */
	const char *defaults;	/* the section in which a key is looked up that another section lacks */
	bool lists;		/* a repeated key makes a list, a repeated section goes on; else either is an error */
	bool here_documents;	/* <<WORD: the lines until WORD */
	bool continuations;	/* a line that is indented more than its key goes on with its value */
	bool folds_case;	/* keys are lowercase, however they are written */
	bool interpolates;	/* %(key)s */
};

extern const struct ini_dialect ini_perl, ini_python;

struct ini_value {
	STAILQ_ENTRY(ini_value) entry;
	char *text;  /* without blanks at its ends; lines are separated by newlines */
	size_t length;
	char *place; /* FILE:LINE */
};

struct ini_key {
	STAILQ_ENTRY(ini_key) entry;
	char *name;
	STAILQ_HEAD(ini_values, ini_value) values; /* at least one; in a dialect without lists exactly one */
	unsigned file;				   /* in which it was last met */
};

struct ini_section {
	STAILQ_ENTRY(ini_section) entry;
	char *name;
	char *place; /* of its first line */
	STAILQ_HEAD(ini_keys, ini_key) keys;
	size_t key_count;
	unsigned file;
};

/* All files together: what a later one says of a section adds to what an earlier one says, as in both libraries. */
struct ini {
	const struct ini_dialect *dialect;
	struct importing *importing; /* for notes */
	STAILQ_HEAD(ini_sections, ini_section) sections; /* in the order in which they were met, defaults as well */
	size_t section_count;
	unsigned files;
};

void ini_begin(struct ini *, const struct ini_dialect *, struct importing *);
void ini_clear(struct ini *);

/* Read a file, or a text as if it were in the file of that path. False: something is noted. */
bool ini_read(struct ini *, const char *path);
bool ini_parse(struct ini *, const char *path, const char *text, size_t length);

/* NULL: there is none. */
struct ini_section *ini_section(const struct ini *, const char *name);
bool ini_is_defaults(const struct ini *, const struct ini_section *);

/* The key in the section, else in the section of defaults; NULL: in neither. */
const struct ini_key *ini_key(const struct ini *, const struct ini_section *, const char *name);

/*
 * The value with what %(key)s stands for; of a list the items, separated by newlines. malloc'd. NULL: IMPORT_WRONG is
 * noted.
 */
char *ini_text(const struct ini *, const struct ini_section *, const struct ini_key *);

/* Whether it is one of these names, which a NULL ends. */
bool ini_key_is(const struct ini_key *, const char *const *names);

/* The first value's place. */
const char *ini_place(const struct ini_key *);

#endif
