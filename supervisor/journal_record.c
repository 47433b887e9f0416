/*
 * The text of the journal. Touches memory only. Invariant: what is decoded encodes to the same bytes again, so nothing
 * but what exacheck writes itself is taken for a record, and no word goes into the ledger that is not one of a command.
 */
#include "journal_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "exabgp_command.h"

#define VERSION 1

#define RECORD_MIN 6 /* bytes of the shortest */

static const char letters[] = {[JOURNAL_ANNOUNCE] = 'A', [JOURNAL_WITHDRAW] = 'W', [JOURNAL_DONE] = 'D',
    [JOURNAL_NOTE] = 'N'};

static uint32_t
crc_of(const char *bytes, size_t length)
{
	return (uint32_t)crc32_z(0, (const unsigned char *)bytes, length);
}

void
journal_header_encode(const struct journal_header *header, char text[static JOURNAL_HEADER_SIZE])
{
	const struct journal_identity *identity = &header->identity;
	char fields[JOURNAL_HEADER_SIZE];
	int length = snprintf(fields, sizeof(fields),
	    "exacheck journal %d boot %s parent %" PRId64 " %" PRIu64 " records %" PRIu64 " crc %08" PRIx32, VERSION,
	    identity->boot, identity->parent, identity->parent_start, header->records, header->crc);

	/* The longest of all these numbers leave room for its own crc. */
	memset(text, ' ', JOURNAL_HEADER_SIZE);
	memcpy(text, fields, (size_t)length);
	snprintf(fields, sizeof(fields), "%08" PRIx32 "\n", crc_of(text, JOURNAL_HEADER_SIZE - 9));
	memcpy(text + JOURNAL_HEADER_SIZE - 9, fields, 9);
}

bool
journal_header_decode(const char text[static JOURNAL_HEADER_SIZE], struct journal_header *header)
{
	struct journal_identity *identity = &header->identity;
	char copy[JOURNAL_HEADER_SIZE + 1], again[JOURNAL_HEADER_SIZE];
	int version, count;

	memcpy(copy, text, JOURNAL_HEADER_SIZE);
	copy[JOURNAL_HEADER_SIZE] = '\0';
	count = sscanf(copy,
	    "exacheck journal %d boot %39s parent %" SCNd64 " %" SCNu64 " records %" SCNu64 " crc %" SCNx32, &version,
	    identity->boot, &identity->parent, &identity->parent_start, &header->records, &header->crc);
	if (count != 6 || version != VERSION)
		return false;
	journal_header_encode(header, again);
	return memcmp(text, again, sizeof(again)) == 0;
}

size_t
journal_record_encode(enum journal_kind kind, const struct route_key *key, const char *attributes, char *line,
    size_t size)
{
	char prefix[PREFIX_TEXT_SIZE], path_id[16] = "-";
	int length;

	if (key->has_path_id)
		snprintf(path_id, sizeof(path_id), "%" PRIu32, key->path_id);
	length = snprintf(line, size, "%c %s %s %s%s%s\n", letters[kind], prefix_format(&key->prefix, prefix), path_id,
	    key->neighbor != NULL ? key->neighbor : "-", attributes != NULL ? " " : "",
	    attributes != NULL ? attributes : "");
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

/* Not empty, and printable ASCII from this character on. */
static bool
text_printable(const char *text, char first)
{
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (*text < first || *text > '~')
			return false;
	return true;
}

size_t
journal_note_encode(const struct journal_note *note, char *line, size_t size)
{
	int length;

	if (!text_printable(note->key, '!') || !text_printable(note->text, ' '))
		return 0;
	length = snprintf(line, size, "%c %s %s\n", letters[JOURNAL_NOTE], note->key, note->text);
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

static size_t
record_encode(const struct journal_record *record, char *line, size_t size)
{
	if (record->kind == JOURNAL_NOTE)
		return journal_note_encode(&record->note, line, size);
	return journal_record_encode(record->kind, &record->key, record->attributes, line, size);
}

/* What follows the letter, into a record of a route. */
static bool
route_parse(char *line, struct journal_record *record)
{
	char *prefix = strsep(&line, " "), *path_id = strsep(&line, " "), *neighbor = strsep(&line, " "), *end;
	struct address address;
	char text[ADDRESS_TEXT_SIZE];

	record->attributes = line;
	if (neighbor == NULL || prefix_parse(prefix, &record->key.prefix) != PREFIX_OK)
		return false;
	if (strcmp(path_id, "-") != 0) {
		record->key.has_path_id = true;
		record->key.path_id = (uint32_t)strtoul(path_id, &end, 10);
		if (*end != '\0')
			return false;
	}
	if (strcmp(neighbor, "-") != 0) {
		/* A zone is nothing that ExaBGP could be told. */
		if (!address_parse(neighbor, &address) || address.scope_id != 0 ||
		    strcmp(address_format(&address, text), neighbor) != 0)
			return false;
		record->key.neighbor = neighbor;
	}
	return (record->kind == JOURNAL_ANNOUNCE) == (line != NULL) && (line == NULL || exabgp_command_allowed(line));
}

/* The words of a line into a record; what they mean is compared afterwards. */
static bool
record_parse(char *line, struct journal_record *record)
{
	char *kind = strsep(&line, " ");
	const char *letter = kind[0] != '\0' && kind[1] == '\0' ? memchr(letters, kind[0], sizeof(letters)) : NULL;

	*record = (struct journal_record){.attributes = NULL};
	if (letter == NULL || line == NULL)
		return false;
	record->kind = (enum journal_kind)(letter - letters);
	if (record->kind != JOURNAL_NOTE)
		return route_parse(line, record);
	record->note.key = strsep(&line, " ");
	record->note.text = line;
	return true;
}

bool
journal_record_decode(char *line, size_t length, struct journal_record *record)
{
	char *copy, *again;
	bool same;

	if (length >= JOURNAL_RECORD_MAX || (copy = malloc(2 * (length + 2))) == NULL)
		return false;
	again = copy + length + 2;
	memcpy(copy, line, length);
	copy[length] = '\n';
	same = record_parse(line, record) &&
	    record_encode(record, again, length + 2) == length + 1 && memcmp(copy, again, length + 1) == 0;
	free(copy);
	return same;
}

/* Of the same route, or note: 0. Routes come before notes. */
static int
subject_compare(const struct journal_record *a, const struct journal_record *b)
{
	bool first = a->kind == JOURNAL_NOTE, second = b->kind == JOURNAL_NOTE;

	if (first != second)
		return first ? 1 : -1;
	return first ? strcmp(a->note.key, b->note.key) : route_key_compare(&a->key, &b->key);
}

static int
record_compare(const void *a, const void *b)
{
	const struct journal_record *first = a, *second = b;
	int order = subject_compare(first, second);

	return order != 0 ? order : (first->place > second->place) - (first->place < second->place);
}

static int
note_compare(const void *a, const void *b)
{
	return subject_compare(a, b);
}

const char *
journal_note_find(const struct journal_record *records, size_t count, const char *key)
{
	const struct journal_record wanted = {.kind = JOURNAL_NOTE, .note = {key, NULL}};
	const struct journal_record *found = count > 0 ?
	    bsearch(&wanted, records, count, sizeof(*records), note_compare) : NULL;

	return found != NULL ? found->note.text : NULL;
}

/* Keep the last record of every route and key, and of these what is not done. Returns how many. */
static size_t
records_reduce(struct journal_record *records, size_t count)
{
	size_t kept = 0;

	if (count > 0)
		qsort(records, count, sizeof(*records), record_compare);
	for (size_t i = 0; i < count; i++)
		if ((i + 1 == count || subject_compare(&records[i], &records[i + 1]) != 0) &&
		    records[i].kind != JOURNAL_DONE)
			records[kept++] = records[i];
	return kept;
}

/* The record at *rest; moves behind it. NULL: none, else what is wrong with it. */
static const char *
record_next(char **rest, size_t *left, size_t place, struct journal_record *record)
{
	char *line = *rest, *newline = memchr(line, '\n', *left);
	size_t length;

	if (newline == NULL)
		return "it ends early";
	length = (size_t)(newline - line);
	*newline = '\0';
	*rest = newline + 1;
	*left -= length + 1;
	if (!journal_record_decode(line, length, record))
		return "it holds something that is no record";
	record->place = place;
	return NULL;
}

/* Whether this is what a writer leaves that is killed in the midst of a record: its command was not written. */
static bool
record_begun(const char *text, size_t length)
{
	if (length >= JOURNAL_RECORD_MAX || memchr(letters, text[0], sizeof(letters)) == NULL)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

/* All records, of which the header counts all or all but one. NULL, or what is wrong. */
static const char *
records_decode(char *text, size_t length, const struct journal_header *header, struct journal_record *records,
    size_t *count)
{
	const char *wrong = NULL;
	uint64_t counted = 0;
	char *end = text;

	/* The crc first: decoding cuts the text. */
	for (; counted < header->records && end != NULL; counted++)
		if ((end = memchr(end, '\n', length - (size_t)(end - text))) != NULL)
			end++;
	if (end == NULL)
		return "it ends early";
	if (crc_of(text, (size_t)(end - text)) != header->crc)
		return "its checksum is wrong";
	for (*count = 0; length > 0 && wrong == NULL; ++*count) {
		if (*count == header->records && record_begun(text, length))
			break;
		wrong = *count > header->records ? "it holds more than it should" :
						   record_next(&text, &length, *count, &records[*count]);
	}
	return wrong;
}

enum journal_state
journal_decode(char *text, size_t length, const char *boot, struct journal_header *header,
    struct journal_record **records, size_t *count, const char **reason)
{
	size_t room = length / RECORD_MIN + 2;

	*records = NULL;
	*count = 0;
	*reason = "it does not begin as a journal of this version";
	if (length < JOURNAL_HEADER_SIZE || !journal_header_decode(text, header))
		return JOURNAL_INVALID;
	if (strcmp(header->identity.boot, boot) != 0)
		return JOURNAL_OTHER_BOOT;
	if (room > header->records + 2)
		room = (size_t)header->records + 2;
	if ((*records = calloc(room, sizeof(**records))) == NULL)
		return JOURNAL_NO_MEMORY;
	*reason = records_decode(text + JOURNAL_HEADER_SIZE, length - JOURNAL_HEADER_SIZE, header, *records, count);
	if (*reason == NULL) {
		*count = records_reduce(*records, *count);
		return JOURNAL_VALID;
	}
	free(*records);
	*records = NULL;
	*count = 0;
	return JOURNAL_INVALID;
}
