/*
 * The text of the journal. A header of fixed size, then records, a line each, the last one of a route counts:
 *
 *	A PREFIX PATH-ID NEIGHBOR ATTRIBUTES	about to be announced
 *	W PREFIX PATH-ID NEIGHBOR		about to be withdrawn
 *	D PREFIX PATH-ID NEIGHBOR		withdrawn, and ExaBGP has acknowledged it
 *	N KEY TEXT				a note, which says nothing of routes; the last one of a key counts
 *
 * with "-" for no path id and for all neighbors. Pure.
 */
#ifndef EXACHECK_JOURNAL_RECORD_H
#define EXACHECK_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route.h"

#define JOURNAL_HEADER_SIZE 192
#define JOURNAL_RECORD_MAX 8192 /* with its newline; a command is shorter */

/* Whose journal it is. */
struct journal_identity {
	char boot[40];	       /* of the kernel: a UUID */
	int64_t parent;	       /* the process that reads our output */
	uint64_t parent_start; /* when it started, in the kernel's ticks: with the pid it is one process only */
};

struct journal_header {
	struct journal_identity identity;
	uint64_t records;
	uint32_t crc; /* of their bytes, as zlib's crc32 */
};

enum journal_kind { JOURNAL_ANNOUNCE, JOURNAL_WITHDRAW, JOURNAL_DONE, JOURNAL_NOTE };

/* Printable ASCII both, the key without blanks. */
struct journal_note {
	const char *key, *text;
};

/* Strings refer to the text that was decoded. */
struct journal_record {
	enum journal_kind kind;
	struct route_key key;	/* not of a note */
	const char *attributes; /* of an announce, else NULL */
	struct journal_note note; /* of a note, else NULLs */
	size_t place;		/* in the journal */
};

void journal_header_encode(const struct journal_header *, char text[static JOURNAL_HEADER_SIZE]);
bool journal_header_decode(const char text[static JOURNAL_HEADER_SIZE], struct journal_header *);

/* A record with its newline. Returns its length, 0: it does not fit. */
size_t journal_record_encode(enum journal_kind, const struct route_key *, const char *attributes, char *line,
    size_t size);

/* The same for a note; 0, too: it is not what it must be. */
size_t journal_note_encode(const struct journal_note *, char *line, size_t size);

/* A line without its newline, length bytes and a NUL, which is cut into pieces. False: it is no record. */
bool journal_record_decode(char *line, size_t length, struct journal_record *);

enum journal_state {
	JOURNAL_VALID,
	JOURNAL_OTHER_BOOT, /* written before the machine last started */
	JOURNAL_INVALID,    /* with a reason */
	JOURNAL_NO_MEMORY,
};

/*
 * A whole journal of length bytes and a NUL. VALID: *records is malloc'd, the caller's, and refers to text, which is
 * cut into pieces: the last record of every route, without those that are done, then the last note of every key. boot:
 * of now. header is filled in unless INVALID. One record more than the header counts, whole or not, is valid: its
 * writer was killed between the two writes or in the first.
 */
enum journal_state journal_decode(char *text, size_t length, const char *boot, struct journal_header *,
    struct journal_record **records, size_t *count, const char **reason);

/* The text of the note with this key among decoded records; NULL: there is none. */
const char *journal_note_find(const struct journal_record *records, size_t count, const char *key);

#endif
