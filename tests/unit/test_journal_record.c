/*
 * The text of the journal, cut off and damaged at every byte.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../supervisor/journal_record.h"
#include "routes.h"
#include "unit.h"

#define BOOT "0a1b2c3d-0000-4000-8000-123456789abc"
#define ATTRIBUTES "next-hop self med 5 community [ 65000:1 ]"

static struct route_key
key_with_path(const char *prefix, const char *neighbor, uint32_t path_id)
{
	struct route_key made = key(prefix, neighbor);

	made.has_path_id = true;
	made.path_id = path_id;
	return made;
}

/* A journal in memory. */
struct sample {
	size_t length;
	char bytes[8192];
};

static void
sample_add(struct sample *sample, enum journal_kind kind, struct route_key route)
{
	size_t length = journal_record_encode(kind, &route, kind == JOURNAL_ANNOUNCE ? ATTRIBUTES : NULL,
	    sample->bytes + sample->length, sizeof(sample->bytes) - sample->length);

	ck_assert_uint_gt(length, 0);
	sample->length += length;
}

static void
sample_note(struct sample *sample, const char *note_key, const char *text)
{
	size_t length = journal_note_encode(&(struct journal_note){note_key, text}, sample->bytes + sample->length,
	    sizeof(sample->bytes) - sample->length);

	ck_assert_uint_gt(length, 0);
	sample->length += length;
}

static void
sample_head(struct sample *sample, uint64_t records, size_t length)
{
	struct journal_header header = {.identity = {BOOT, 4711, 815}, .records = records,
	    .crc = (uint32_t)crc32_z(0, (const unsigned char *)sample->bytes + JOURNAL_HEADER_SIZE,
		length - JOURNAL_HEADER_SIZE)};

	journal_header_encode(&header, sample->bytes);
}

static void
sample_make(struct sample *sample)
{
	sample->length = JOURNAL_HEADER_SIZE;
	sample_add(sample, JOURNAL_ANNOUNCE, key("192.0.2.1/32", NULL));
	sample_add(sample, JOURNAL_ANNOUNCE, key("192.0.2.1/32", "10.0.0.1"));
	sample_add(sample, JOURNAL_ANNOUNCE, key_with_path("2001:db8::/48", "2001:db8::7", 0));
	sample_note(sample, "check:b", "first");
	sample_add(sample, JOURNAL_WITHDRAW, key("192.0.2.1/32", NULL));
	sample_note(sample, "check:a%20a", "{\"since\":1, \"up\":true}");
	sample_note(sample, "check:b", " last ");
	sample_add(sample, JOURNAL_WITHDRAW, key("192.0.2.3/32", NULL));
	sample_add(sample, JOURNAL_DONE, key("192.0.2.3/32", NULL));
	sample_add(sample, JOURNAL_ANNOUNCE, key_with_path("192.0.2.4/32", NULL, 4294967295));
	sample_head(sample, 10, sample->length);
}

static size_t
record_text(const struct journal_record *record, char *text, size_t size)
{
	return record->kind == JOURNAL_NOTE ? journal_note_encode(&record->note, text, size) :
	    journal_record_encode(record->kind, &record->key, record->attributes, text, size);
}

/* Decodes a copy of exactly this size, so that a read beyond it is found by the sanitizers. */
static enum journal_state
decode(const char *bytes, size_t length, struct journal_header *header, size_t *count, char *text, size_t size)
{
	char *copy = malloc(length + 1);
	struct journal_record *records;
	enum journal_state state;
	const char *reason;
	size_t used = 0;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	state = journal_decode(copy, length, BOOT, header, &records, count, &reason);
	ck_assert((state == JOURNAL_VALID) == (records != NULL));
	ck_assert(state != JOURNAL_INVALID || reason != NULL);
	*text = '\0';
	for (size_t i = 0; state == JOURNAL_VALID && i < *count && used < size; i++)
		used += record_text(&records[i], text + used, size - used);
	free(records);
	free(copy);
	return state;
}

START_TEST(last_record_counts)
{
	struct journal_header header;
	struct sample sample;
	char text[4096];
	size_t count;

	sample_make(&sample);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_str_eq(text, "W 192.0.2.1/32 - -\n"
			       "A 192.0.2.1/32 - 10.0.0.1 " ATTRIBUTES "\n"
			       "A 192.0.2.4/32 4294967295 - " ATTRIBUTES "\n"
			       "A 2001:db8::/48 0 2001:db8::7 " ATTRIBUTES "\n"
			       "N check:a%20a {\"since\":1, \"up\":true}\n"
			       "N check:b  last \n");
	ck_assert_uint_eq(count, 6);
	ck_assert_int_eq(header.identity.parent, 4711);
	ck_assert_uint_eq(header.identity.parent_start, 815);
}
END_TEST

START_TEST(notes_are_found)
{
	struct journal_record *records;
	struct journal_header header;
	struct sample sample;
	const char *reason;
	size_t count;

	sample_make(&sample);
	sample.bytes[sample.length] = '\0';
	ck_assert_int_eq(journal_decode(sample.bytes, sample.length, BOOT, &header, &records, &count, &reason),
	    JOURNAL_VALID);
	ck_assert_str_eq(journal_note_find(records, count, "check:b"), " last ");
	ck_assert_str_eq(journal_note_find(records, count, "check:a%20a"), "{\"since\":1, \"up\":true}");
	ck_assert_ptr_null(journal_note_find(records, count, "check:"));
	ck_assert_ptr_null(journal_note_find(records, 0, "check:b"));
	ck_assert_ptr_null(journal_note_find(NULL, 0, "check:b"));
	free(records);
}
END_TEST

START_TEST(longest_header)
{
	struct journal_header header = {.identity = {BOOT "xyz", INT64_MIN, UINT64_MAX}, .records = UINT64_MAX,
	    .crc = UINT32_MAX}, again;
	char text[JOURNAL_HEADER_SIZE];

	journal_header_encode(&header, text);
	ck_assert_int_eq(text[JOURNAL_HEADER_SIZE - 1], '\n');
	ck_assert(journal_header_decode(text, &again));
	ck_assert_uint_eq(again.records, UINT64_MAX);
	ck_assert_int_eq(again.identity.parent, INT64_MIN);
}
END_TEST

/* Its writer ended after a record and before the header: one more counts, two are none. */
START_TEST(one_record_more_than_counted)
{
	struct journal_header header;
	struct sample sample = {.length = JOURNAL_HEADER_SIZE};
	size_t count, one;
	char text[4096];

	sample_add(&sample, JOURNAL_ANNOUNCE, key("192.0.2.1/32", NULL));
	sample_head(&sample, 0, JOURNAL_HEADER_SIZE);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_uint_eq(count, 1);
	one = sample.length;
	sample_add(&sample, JOURNAL_DONE, key("192.0.2.1/32", NULL));
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_INVALID);
	sample_head(&sample, 1, one);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(empty_journal)
{
	struct journal_header header;
	struct sample sample = {.length = JOURNAL_HEADER_SIZE};
	size_t count;
	char text[64];

	sample_head(&sample, 0, sample.length);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(other_boot)
{
	struct journal_record *records;
	struct journal_header header;
	struct sample sample;
	const char *reason;
	size_t count;

	sample_make(&sample);
	sample.bytes[sample.length] = '\0';
	ck_assert_int_eq(journal_decode(sample.bytes, sample.length, "other", &header, &records, &count, &reason),
	    JOURNAL_OTHER_BOOT);
	ck_assert_ptr_null(records);
}
END_TEST

/*
 * Cut off before the end of what the header counts: invalid. A last record that it does not count may be whole or not.
 */
START_TEST(cut_off_at_every_byte)
{
	struct journal_header header;
	struct sample sample;
	size_t count, counted;
	char text[4096];

	sample_make(&sample);
	counted = sample.length;
	for (size_t length = 0; length < sample.length; length++)
		ck_assert_int_eq(decode(sample.bytes, length, &header, &count, text, sizeof(text)), JOURNAL_INVALID);
	/* The same with one record more. */
	sample_add(&sample, JOURNAL_WITHDRAW, key("192.0.2.9/32", NULL));
	for (size_t length = 0; length <= sample.length; length++)
		ck_assert_int_eq(decode(sample.bytes, length, &header, &count, text, sizeof(text)),
		    length < counted ? JOURNAL_INVALID : JOURNAL_VALID);
}
END_TEST

/* One wrong byte, of whatever value, anywhere. */
START_TEST(damaged_at_every_byte)
{
	static const unsigned char changes[] = {0x01, 0x20, 0x80, 0xff};
	struct journal_header header;
	enum journal_state state;
	struct sample sample;
	size_t count;
	char text[4096];

	sample_make(&sample);
	for (size_t i = 0; i < sample.length; i++)
		for (size_t j = 0; j < COUNT(changes); j++) {
			sample.bytes[i] ^= (char)changes[j];
			state = decode(sample.bytes, sample.length, &header, &count, text, sizeof(text));
			ck_assert_msg(state != JOURNAL_VALID, "byte %zu", i);
			sample.bytes[i] ^= (char)changes[j];
		}
}
END_TEST

START_TEST(noise)
{
	struct journal_header header;
	enum journal_state state;
	struct sample sample;
	unsigned seed = 1;
	size_t count;
	char text[4096];

	for (int run = 0; run < 2000; run++) {
		sample_make(&sample);
		/* All of it, or all behind the header. */
		for (size_t i = run % 2 != 0 ? 0 : JOURNAL_HEADER_SIZE; i < sample.length; i++)
			sample.bytes[i] = (char)rand_r(&seed);
		state = decode(sample.bytes, sample.length, &header, &count, text, sizeof(text));
		ck_assert_int_eq(state, JOURNAL_INVALID);
	}
}
END_TEST

/* Lines that a header with the right checksum might vouch for, and that are not what exacheck writes. */
START_TEST(records_that_are_none)
{
	static const char *const lines[] = {"", "A", "A 192.0.2.1/32", "A 192.0.2.1/32 - -", "A 192.0.2.1/32 - - ",
	    "A 192.0.2.1 - - next-hop self", "A 192.0.2.1/24 - - next-hop self", "A 192.0.2.1/32 01 - next-hop self",
	    "A 192.0.2.1/32 4294967296 - next-hop self", "A 192.0.2.1/32 -1 - next-hop self",
	    "A 192.0.2.1/32 - neighbor next-hop self", "A 192.0.2.1/32 - 10.0.0.01 next-hop self",
	    "W 2001:db8::/48 - fe80::1%5", "A 192.0.2.1/32 - 2001:DB8::1 next-hop self", "A 192.0.2.1/32 - - next-hop self shutdown",
	    "A 192.0.2.1/32 - - next-hop self ", "A 192.0.2.1/32 - - next-hop  self", "X 192.0.2.1/32 - -",
	    "AA 192.0.2.1/32 - - next-hop self", "W 192.0.2.1/32 - - next-hop self", "W 192.0.2.1/32 - - ",
	    "D 192.0.2.1/32 -", " W 192.0.2.1/32 - -", "W 192.0.2.1/32 - -\r", "N", "N ", "N key", "N key ", "N  text",
	    "N k\xc3\xa9y text", "N key t\xc3\xa9xt", "N key t\text", "NN key text"};
	struct journal_record record;
	char line[256];

	for (size_t i = 0; i < COUNT(lines); i++) {
		strcpy(line, lines[i]);
		ck_assert_msg(!journal_record_decode(line, strlen(line), &record), "\"%s\"", lines[i]);
	}
	ck_assert_uint_eq(journal_note_encode(&(struct journal_note){"a key", "text"}, line, sizeof(line)), 0);
	ck_assert_uint_eq(journal_note_encode(&(struct journal_note){"key", "two\nlines"}, line, sizeof(line)), 0);
	ck_assert_uint_eq(journal_note_encode(&(struct journal_note){"key", ""}, line, sizeof(line)), 0);
	ck_assert_uint_eq(journal_note_encode(&(struct journal_note){"key", "text"}, line, strlen("N key text\n")), 0);
	ck_assert_uint_eq(journal_note_encode(&(struct journal_note){"key", "text"}, line, strlen("N key text\n") + 1), 11);
	strcpy(line, "A 192.0.2.1/32 - - " ATTRIBUTES);
	ck_assert(journal_record_decode(line, strlen(line), &record));
	ck_assert_str_eq(record.attributes, ATTRIBUTES);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("journal_record");
	TCase *tcase = unit_case(suite, "text");

	tcase_add_test(tcase, last_record_counts);
	tcase_add_test(tcase, notes_are_found);
	tcase_add_test(tcase, longest_header);
	tcase_add_test(tcase, one_record_more_than_counted);
	tcase_add_test(tcase, empty_journal);
	tcase_add_test(tcase, other_boot);
	tcase_add_test(tcase, cut_off_at_every_byte);
	tcase_add_test(tcase, damaged_at_every_byte);
	tcase_add_test(tcase, noise);
	tcase_add_test(tcase, records_that_are_none);
	return unit_run(suite);
}
