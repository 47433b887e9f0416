/*
 * A journal: byte 0 says whether its header is put right, then its records, or all of it as it stands in the file. What
 * is taken is what exacheck writes: it encodes to the same again, one record a route, and the ledger says nothing of it
 * that is not a command.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../supervisor/exabgp.h"
#include "../../supervisor/journal_record.h"
#include "fuzz.h"

#define BOOT "0a1b2c3d-0000-4000-8000-123456789abc"

enum repair { REPAIR_HEADER = 1, REPAIR_COUNT_LESS = 2 };

static monotime_t
beginning(void)
{
	return (monotime_t){NS_PER_SECOND};
}

/* The journal and a NUL, malloc'd. */
static char *
journal_build(struct fuzz_input *input, unsigned repair, size_t *length)
{
	size_t head = (repair & REPAIR_HEADER) != 0 ? JOURNAL_HEADER_SIZE : 0, counted;
	struct journal_header header = {.identity = {BOOT, 1, 2}};
	char *text = malloc(head + input->left + 1);

	FUZZ_ASSERT(text != NULL);
	if (input->left > 0)
		memcpy(text + head, input->data, input->left);
	*length = head + input->left;
	text[*length] = '\0';
	if (head == 0)
		return text;
	for (counted = 0; counted < input->left; counted++)
		header.records += text[head + counted] == '\n';
	if ((repair & REPAIR_COUNT_LESS) != 0 && header.records > 0)
		header.records--;
	/* the checksum of the lines that are counted */
	counted = 0;
	for (uint64_t lines = 0; lines < header.records; counted++)
		lines += text[head + counted] == '\n';
	header.crc = (uint32_t)crc32_z(0, (const unsigned char *)text + head, counted);
	journal_header_encode(&header, text);
	return text;
}

static void
record_check(const struct journal_record *record)
{
	char line[JOURNAL_RECORD_MAX];
	struct journal_record again;
	bool note = record->kind == JOURNAL_NOTE;
	size_t length = note ? journal_note_encode(&record->note, line, sizeof(line)) :
	    journal_record_encode(record->kind, &record->key, record->attributes, line, sizeof(line));

	FUZZ_ASSERT(length > 0 && line[length - 1] == '\n');
	FUZZ_ASSERT(record->kind != JOURNAL_DONE && (record->kind == JOURNAL_ANNOUNCE) == (record->attributes != NULL));
	FUZZ_ASSERT(note == (record->note.key != NULL) && note == (record->note.text != NULL));
	line[length - 1] = '\0';
	FUZZ_ASSERT(journal_record_decode(line, length - 1, &again) && again.kind == record->kind);
	FUZZ_ASSERT(note || route_key_compare(&record->key, &again.key) == 0);
	FUZZ_ASSERT(!note || strcmp(record->note.key, again.note.key) == 0);
	FUZZ_ASSERT(!note || strcmp(record->note.text, again.note.text) == 0);
}

/* Routes first; both in order, each once. */
static void
order_check(const struct journal_record *before, const struct journal_record *after)
{
	if (after->kind != JOURNAL_NOTE)
		FUZZ_ASSERT(before->kind != JOURNAL_NOTE && route_key_compare(&before->key, &after->key) < 0);
	else if (before->kind == JOURNAL_NOTE)
		FUZZ_ASSERT(strcmp(before->note.key, after->note.key) < 0);
}

/* Nobody claims any of it: all is withdrawn, and then nothing is left. */
static void
records_carry(const struct journal_record *records, size_t count)
{
	struct ledger *ledger = ledger_new();
	char line[EXABGP_LINE_MAX];
	struct route *route;
	size_t unclaimed;

	FUZZ_ASSERT(ledger != NULL);
	for (size_t i = 0; i < count && records[i].kind != JOURNAL_NOTE; i++)
		FUZZ_ASSERT(ledger_carry(ledger, &records[i].key, records[i].attributes));
	unclaimed = ledger_settle(ledger);
	FUZZ_ASSERT(unclaimed <= count);
	while ((route = ledger_next(ledger, beginning())) != NULL) {
		FUZZ_ASSERT(route_desired(route) == NULL);
		FUZZ_ASSERT(exabgp_command(DIALECT_V4, route_key(route), NULL, line, sizeof(line)) > 0);
		route_sent(ledger, route);
		route_answer(ledger, route, true, NULL, beginning());
	}
	FUZZ_ASSERT(ledger_pending(ledger) == 0 && ledger_count(ledger, ROUTE_WITHDRAWN) == 0);
	ledger_free(ledger);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	unsigned repair = fuzz_byte(&input);
	struct journal_record *records;
	struct journal_header header;
	const char *reason;
	size_t length, count;
	char *text = journal_build(&input, repair, &length);
	enum journal_state state = journal_decode(text, length, BOOT, &header, &records, &count, &reason);

	FUZZ_ASSERT((state == JOURNAL_VALID) == (records != NULL) && (state != JOURNAL_INVALID || reason != NULL));
	FUZZ_ASSERT(state == JOURNAL_VALID || count == 0);
	for (size_t i = 0; i < count; i++) {
		record_check(&records[i]);
		if (i > 0)
			order_check(&records[i - 1], &records[i]);
		if (records[i].kind == JOURNAL_NOTE)
			FUZZ_ASSERT(journal_note_find(records, count, records[i].note.key) == records[i].note.text);
	}
	records_carry(records, count);
	free(records);
	free(text);
	return 0;
}
