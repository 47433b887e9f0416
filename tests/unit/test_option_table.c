/*
 * Option values of a table as a whole: defaults, comparing, and the encoding, cut and damaged at every
 * byte.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/option.h"
#include "unit.h"

static const char *const colours[] = {"red", "Green", "blue", NULL};


struct inner {
	char *label;
	int64_t limit;
};

struct outer {
	bool flag;
	int64_t count;
	int64_t pause_ns;
	double ratio;
	int colour;
	char *text;
	char *required;
	struct string_list networks, colours;
	int64_t size;
	struct string_map fields;
	struct inner inner;
};

static const struct option inner_table[] = {
	{.name = "label", .type = OPTION_STRING, .offset = offsetof(struct inner, label), .fallback = "none"},
	{.name = "limit", .type = OPTION_INTEGER, .offset = offsetof(struct inner, limit), .min = 1, .max = 10},
	OPTION_END,
};

static const struct option outer_table[] = {
	{.name = "flag", .type = OPTION_BOOL, .offset = offsetof(struct outer, flag), .fallback = "true"},
	{.name = "count", .type = OPTION_INTEGER, .offset = offsetof(struct outer, count), .min = 0, .max = 9,
	    .fallback = "3"},
	{.name = "pause", .type = OPTION_SECONDS, .offset = offsetof(struct outer, pause_ns), .max = 60,
	    .fallback = "0.25"},
	{.name = "ratio", .type = OPTION_NUMBER, .offset = offsetof(struct outer, ratio)},
	{.name = "colour", .type = OPTION_CHOICE, .offset = offsetof(struct outer, colour), .choices = colours},
	{.name = "text", .type = OPTION_STRING, .offset = offsetof(struct outer, text)},
	{.name = "required", .type = OPTION_STRING, .flags = OPTION_REQUIRED,
	    .offset = offsetof(struct outer, required)},
	{.name = "networks", .type = OPTION_PREFIX, .flags = OPTION_LIST, .offset = offsetof(struct outer, networks),
	    .fallback = "192.0.2.0/24"},
	{.name = "colours", .type = OPTION_WORD, .flags = OPTION_LIST, .offset = offsetof(struct outer, colours),
	    .choices = colours, .fallback = "blue red"},
	{.name = "size", .type = OPTION_SIZE, .offset = offsetof(struct outer, size), .fallback = "10MB"},
	{.name = "fields", .type = OPTION_HEADER_VALUE, .flags = OPTION_MAP, .offset = offsetof(struct outer, fields)},
	{.name = "inner", .type = OPTION_TABLE, .offset = offsetof(struct outer, inner), .table = inner_table},
	OPTION_END,
};

static void
outer_fill(struct outer *outer)
{
	memset(outer, 0, sizeof(*outer));
	ck_assert(options_set_defaults(outer_table, outer));
	outer->flag = false;
	outer->count = 7;
	outer->ratio = 0.1;
	outer->colour = 1;
	outer->text = strdup("caf\xc3\xa9 \n");
	outer->required = strdup("");
	ck_assert(string_list_add(&outer->networks, strdup("2001:db8::/32")));
	ck_assert(string_map_add(&outer->fields, strdup("X-One"), strdup("1")));
	ck_assert(string_map_add(&outer->fields, strdup(""), strdup("")));
	outer->inner.limit = 10;
}

START_TEST(test_defaults)
{
	struct outer outer = {0};

	ck_assert(options_set_defaults(outer_table, &outer));
	ck_assert(outer.flag);
	ck_assert_int_eq(outer.count, 3);
	ck_assert_int_eq(outer.pause_ns, 250000000);
	ck_assert(isnan(outer.ratio));
	ck_assert_int_eq(outer.colour, -1);
	ck_assert_ptr_null(outer.text);
	ck_assert_uint_eq(outer.networks.count, 1);
	ck_assert_str_eq(outer.networks.items[0], "192.0.2.0/24");
	ck_assert_uint_eq(outer.colours.count, 2);
	ck_assert_str_eq(outer.colours.items[0], "blue");
	ck_assert_str_eq(outer.colours.items[1], "red");
	ck_assert_int_eq(outer.size, 10000000);
	ck_assert_uint_eq(outer.fields.count, 0);
	ck_assert_str_eq(outer.inner.label, "none");
	ck_assert(outer.inner.limit == OPTION_UNSET);
	options_free(outer_table, &outer);
	ck_assert(outer.count == OPTION_UNSET && outer.networks.items == NULL && outer.inner.label == NULL);
	options_free(outer_table, &outer);
}
END_TEST

START_TEST(test_find)
{
	ck_assert_ptr_eq(option_find(outer_table, "ratio"), &outer_table[3]);
	ck_assert_ptr_null(option_find(outer_table, "rati"));
	ck_assert_uint_eq(option_index(outer_table, "inner"), 11);
}
END_TEST

/* Change one value at a time: each makes the tables differ. */
START_TEST(test_equal)
{
	struct outer a, b;

	outer_fill(&a);
	outer_fill(&b);
	ck_assert(options_equal(outer_table, &a, &b));
#define DIFFERS(CHANGE, BACK)                                  \
	do {                                                   \
		CHANGE;                                        \
		ck_assert(!options_equal(outer_table, &a, &b)); \
		BACK;                                          \
		ck_assert(options_equal(outer_table, &a, &b)); \
	} while (0)
	DIFFERS(b.flag = true, b.flag = false);
	DIFFERS(b.count = OPTION_UNSET, b.count = 7);
	DIFFERS(b.pause_ns++, b.pause_ns--);
	DIFFERS(b.ratio = (double)NAN, b.ratio = 0.1);
	DIFFERS(b.colour = -1, b.colour = 1);
	DIFFERS(b.text[0] = 'C', b.text[0] = 'c');
	DIFFERS(b.networks.count--, b.networks.count++);
	DIFFERS(b.networks.items[1][0] = '3', b.networks.items[1][0] = '2');
	DIFFERS(b.fields.keys[0][0] = 'Y', b.fields.keys[0][0] = 'X');
	DIFFERS(b.fields.values[0][0] = '2', b.fields.values[0][0] = '1');
	DIFFERS(b.inner.limit = 9, b.inner.limit = 10);
	a.ratio = b.ratio = (double)NAN;
	ck_assert(options_equal(outer_table, &a, &b));
	options_free(outer_table, &a);
	options_free(outer_table, &b);
}
END_TEST

START_TEST(test_map)
{
	struct string_map map = {0};

	ck_assert_ptr_null(string_map_get(&map, "a"));
	ck_assert(string_map_add(&map, strdup("a"), strdup("1")));
	ck_assert(string_map_add(&map, strdup("b"), strdup("2")));
	ck_assert_str_eq(string_map_get(&map, "b"), "2");
	string_map_free(&map);
	ck_assert_uint_eq(map.count, 0);
}
END_TEST

START_TEST(test_codec_round_trip)
{
	struct outer a, b = {0};
	char error[OPTION_ERROR_SIZE];
	uint8_t *data = NULL;
	size_t length = 0;

	outer_fill(&a);
	ck_assert(options_encode(outer_table, &a, &data, &length));
	ck_assert_msg(options_decode(outer_table, &b, data, length, error), "%s", error);
	ck_assert(options_equal(outer_table, &a, &b));
	ck_assert_uint_eq(b.networks.count, 2);
	ck_assert_str_eq(b.fields.keys[1], "");
	free(data);
	options_free(outer_table, &a);
	options_free(outer_table, &b);
}
END_TEST

/* The bytes themselves are a contract with other people's workers. */
START_TEST(test_codec_bytes)
{
	static const struct option table[] = {
		{.name = "on", .type = OPTION_BOOL, .offset = offsetof(struct outer, flag)},
		{.name = "text", .type = OPTION_STRING, .offset = offsetof(struct outer, text)},
		OPTION_END,
	};
	struct outer outer = {.flag = true, .text = strdup("hi")};
	uint16_t key_length[2] = {2, 4};
	uint32_t value_length[2] = {1, 2};
	uint8_t expected[26], *data = malloc(1);
	size_t length = 1;

	memcpy(expected, &key_length[0], 2);
	memcpy(expected + 2, "\1\0", 2);
	memcpy(expected + 4, &value_length[0], 4);
	memcpy(expected + 8, "on\1", 3);
	memcpy(expected + 11, &key_length[1], 2);
	memcpy(expected + 13, "\4\0", 2);
	memcpy(expected + 15, &value_length[1], 4);
	memcpy(expected + 19, "texthi", 6);
	ck_assert(options_encode(table, &outer, &data, &length)); /* appended to the byte that was there */
	ck_assert_uint_eq(length, 1 + 25);
	ck_assert_mem_eq(data + 1, expected, 25);
	free(data);
	free(outer.text);
}
END_TEST

/* Whatever was decoded, right or wrong, can be freed, and a failure leaves nothing owned. */
static bool
decode(const uint8_t *data, size_t length)
{
	struct outer outer;
	char error[OPTION_ERROR_SIZE] = "";
	/* A copy of the exact size, so that a reader beyond its end is seen by a checker. */
	uint8_t *copy = malloc(length > 0 ? length : 1);
	bool decoded;

	memset(&outer, 0, sizeof(outer));
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, length);
	decoded = options_decode(outer_table, &outer, copy, length, error);
	if (!decoded) {
		ck_assert_msg(error[0] != '\0', "no reason");
		ck_assert(outer.text == NULL && outer.networks.items == NULL && outer.inner.label == NULL);
	}
	options_free(outer_table, &outer);
	free(copy);
	return decoded;
}

START_TEST(test_codec_truncated)
{
	struct outer outer;
	uint8_t *data = NULL;
	size_t length = 0, accepted = 0;

	outer_fill(&outer);
	ck_assert(options_encode(outer_table, &outer, &data, &length));
	ck_assert(decode(data, length));
	for (size_t cut = 0; cut < length; cut++)
		accepted += decode(data, cut);
	/* Cut between records it is a shorter table, valid from the one that is required on: after each of
	 * required, networks, colours, size and fields. */
	ck_assert_uint_eq(accepted, 5);
	free(data);
	options_free(outer_table, &outer);
}
END_TEST

START_TEST(test_codec_damaged)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct outer outer;
	uint8_t *data = NULL;
	size_t length = 0;

	outer_fill(&outer);
	ck_assert(options_encode(outer_table, &outer, &data, &length));
	for (size_t i = 0; i < length; i++)
		for (size_t v = 0; v < COUNT(values); v++) {
			uint8_t before = data[i];

			data[i] = values[v];
			decode(data, length);
			data[i] = before;
		}
	ck_assert(decode(data, length));
	free(data);
	options_free(outer_table, &outer);
}
END_TEST

/* One record, as the encoding describes it. */
static size_t
record(uint8_t *at, const char *key, uint8_t kind, const void *value, uint32_t length)
{
	uint16_t key_length = (uint16_t)strlen(key);

	memcpy(at, &key_length, 2);
	at[2] = kind;
	at[3] = 0;
	memcpy(at + 4, &length, 4);
	memcpy(at + 8, key, key_length);
	memcpy(at + 8 + key_length, value, length);
	return 8 + key_length + length;
}

static const int64_t ten = 10, huge = INT64_MAX, unset = OPTION_UNSET, minute = 60000000000, over = 60000000001;
static const double not_a_number = NAN, infinite = INFINITY, half = 0.5;

START_TEST(test_codec_values)
{
	static const struct {
		const char *key;
		uint8_t kind;
		const void *value;
		uint32_t length;
		bool good;
	} records[] = {
		{"text", OPTION_KIND_STRING, "abc", 3, true}, {"text", OPTION_KIND_STRING, "a\0c", 3, false},
		{"text", OPTION_KIND_LIST, "abc", 3, false}, {"text", 0, "abc", 3, false},
		{"text", 200, "abc", 3, false},
		{"text", OPTION_KIND_STRING, "", 0, true}, {"tex", OPTION_KIND_STRING, "abc", 3, false},
		{"", OPTION_KIND_STRING, "abc", 3, false}, {"flag", 0, "", 0, false}, {"flag", OPTION_KIND_BOOL, "\1", 1, true},
		{"flag", OPTION_KIND_BOOL, "\2", 1, false},
		{"flag", OPTION_KIND_BOOL, "", 0, false}, {"flag", OPTION_KIND_BOOL, "\1\0", 2, false},
		{"count", OPTION_KIND_INTEGER, &ten, 8, false}, {"count", OPTION_KIND_INTEGER, &huge, 8, false},
		{"count", OPTION_KIND_INTEGER, &unset, 8, false}, {"count", OPTION_KIND_INTEGER, &ten, 4, false},
		{"pause", OPTION_KIND_INTEGER, &minute, 8, true}, {"pause", OPTION_KIND_INTEGER, &over, 8, false},
		{"pause", OPTION_KIND_INTEGER, &unset, 8, false}, {"ratio", OPTION_KIND_NUMBER, &half, 8, true},
		{"ratio", OPTION_KIND_NUMBER, &not_a_number, 8, false},
		{"ratio", OPTION_KIND_NUMBER, &infinite, 8, false},
		{"ratio", OPTION_KIND_INTEGER, &half, 8, false}, {"colour", OPTION_KIND_STRING, "blue", 4, true},
		{"colour", OPTION_KIND_STRING, "pink", 4, false}, {"networks", OPTION_KIND_LIST, "", 0, true},
		{"networks", OPTION_KIND_LIST, "\3\0\0\0::1", 7, true},
		{"networks", OPTION_KIND_LIST, "\4\0\0\0::1", 7, false},
		{"networks", OPTION_KIND_LIST, "\3\0\0\0::x", 7, false},
		{"networks", OPTION_KIND_LIST, "\3\0\0", 3, false},
		{"networks", OPTION_KIND_LIST, "\377\377\377\377::1", 7, false},
		{"fields", OPTION_KIND_MAP, "\1\0\0\0a\1\0\0\0b", 10, true},
		{"fields", OPTION_KIND_MAP, "\1\0\0\0a", 5, false},
		{"fields", OPTION_KIND_MAP, "\1\0\0\0a\1\0\0\0\n", 10, false},
		{"fields", OPTION_KIND_MAP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, false}, /* the key "" twice */
		{"inner", OPTION_KIND_TABLE, "", 0, true}, {"inner", OPTION_KIND_TABLE, "x", 1, false},
		{"inner", OPTION_KIND_STRING, "", 0, false}, {"required", OPTION_KIND_STRING, "", 0, false}, /* twice */
	};
	uint8_t data[128];
	size_t length;

	for (size_t i = 0; i < COUNT(records); i++) {
		length = record(data, "required", OPTION_KIND_STRING, "x", 1);
		length += record(data + length, records[i].key, records[i].kind, records[i].value, records[i].length);
		ck_assert_msg(decode(data, length) == records[i].good, "record %zu (%s) %s", i, records[i].key,
		    records[i].good ? "refused" : "accepted");
		data[length] = 0; /* a trailing byte */
		ck_assert(!decode(data, length + 1));
	}
	ck_assert(!decode(data, 0)); /* required is missing */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("option_table");
	TCase *tables = unit_case(suite, "tables"), *codec = unit_case(suite, "codec");

	tcase_add_test(tables, test_defaults);
	tcase_add_test(tables, test_find);
	tcase_add_test(tables, test_equal);
	tcase_add_test(tables, test_map);
	tcase_add_test(codec, test_codec_round_trip);
	tcase_add_test(codec, test_codec_bytes);
	tcase_add_test(codec, test_codec_truncated);
	tcase_add_test(codec, test_codec_damaged);
	tcase_add_test(codec, test_codec_values);
	return unit_run(suite);
}
