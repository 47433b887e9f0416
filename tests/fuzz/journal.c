/*
 * A journal as it may lie in the runtime directory. Byte 0: the text is the whole file as it is (0), or the records
 * behind a header that counts them and has their checksum (else; 2: one record fewer than there are). Records that are
 * accepted encode to what was read, are of one route each and in the order of routes, and none of them is done.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../supervisor/exabgp_command.h"
#include "../../supervisor/journal_record.h"
#include "fuzz.h"

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"

/* A file with these records, malloc'd with a NUL behind it. uncounted: of the last lines, not in the header. */
static char *
file_with(const uint8_t *records, size_t length, unsigned uncounted, size_t *size)
{
	struct journal_header header = {.identity = {.boot = BOOT, .parent = 1, .parent_start = 2}};
	size_t counted = length;
	char *text = malloc(JOURNAL_HEADER_SIZE + length + 1);

	FUZZ_ASSERT(text != NULL);
	while (uncounted-- > 0 && counted > 0)
		do
			counted--;
		while (counted > 0 && records[counted - 1] != '\n');
	for (size_t i = 0; i < counted; i++)
		header.records += records[i] == '\n';
	header.crc = (uint32_t)crc32_z(0, records, counted);
	journal_header_encode(&header, text);
	memcpy(text + JOURNAL_HEADER_SIZE, records, length);
	*size = JOURNAL_HEADER_SIZE + length;
	text[*size] = '\0';
	return text;
}

static void
record_assert(const struct journal_record *record, const char *original, size_t size)
{
	char line[JOURNAL_RECORD_MAX + 1] = "\n";
	size_t length = journal_record_encode(record->kind, &record->key, record->attributes, line + 1, sizeof(line) - 1);

	FUZZ_ASSERT(length > 0);
	FUZZ_ASSERT(memmem(original, size, line + 1, length) != NULL);
	FUZZ_ASSERT(record->kind != JOURNAL_DONE);
	FUZZ_ASSERT((record->kind == JOURNAL_ANNOUNCE) == (record->attributes != NULL));
	FUZZ_ASSERT(record->attributes == NULL || exabgp_command_allowed(record->attributes));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint8_t mode = fuzz_byte(&input);
	struct journal_record *records;
	struct journal_header header;
	const char *reason;
	char *text, *original;
	size_t length = input.left, count;
	enum journal_state state;

	if (mode == 0) {
		FUZZ_ASSERT((text = calloc(1, length + 1)) != NULL);
		if (length > 0)
			memcpy(text, input.data, length);
	} else
		text = file_with(input.data, input.left, mode == 2, &length);
	FUZZ_ASSERT((original = malloc(length + 1)) != NULL);
	memcpy(original, text, length + 1);
	state = journal_decode(text, length, BOOT, &header, &records, &count, &reason);
	FUZZ_ASSERT(state != JOURNAL_NO_MEMORY);
	if (state == JOURNAL_VALID) {
		for (size_t i = 0; i < count; i++)
			record_assert(&records[i], original, length);
		for (size_t i = 1; i < count; i++)
			FUZZ_ASSERT(route_key_compare(&records[i - 1].key, &records[i].key) < 0);
	} else
		FUZZ_ASSERT(count == 0 && records == NULL && (state == JOURNAL_OTHER_BOOT || reason != NULL));
	free(records);
	free(original);
	free(text);
	return 0;
}
