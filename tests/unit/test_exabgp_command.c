/*
 * Commands as ExaBGP reads them: spelling, words that it would obey anywhere, what cannot be said.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scripted_exabgp.h"
#include "unit.h"

/* Spelling. */

static const struct {
	enum exabgp_dialect dialect;
	const char *prefix, *neighbor, *attributes;
	int64_t path_id; /* negative: none */
	const char *line; /* "": refused */
} spellings[] = {
    {DIALECT_V4, "192.0.2.0/24", NULL, "next-hop self", -1, "announce route 192.0.2.0/24 next-hop self"},
    {DIALECT_V4, "192.0.2.1", NULL, NULL, -1, "withdraw route 192.0.2.1/32"},
    {DIALECT_V4, "2001:db8::/32", "10.0.0.1", "next-hop 2001:db8::1", -1,
	"neighbor 10.0.0.1 announce route 2001:db8::/32 next-hop 2001:db8::1"},
    {DIALECT_V4, "192.0.2.1", "2001:db8::1", NULL, 7,
	"neighbor 2001:db8::1 withdraw route 192.0.2.1/32 path-information 7"},
    {DIALECT_V6, "192.0.2.1", NULL, "next-hop self med 0", 0,
	"peer * announce route 192.0.2.1/32 path-information 0 next-hop self med 0"},
    {DIALECT_V6, "192.0.2.1", "10.0.0.1", NULL, 4294967295,
	"peer 10.0.0.1 withdraw route 192.0.2.1/32 path-information 4294967295"},
    {DIALECT_V4, "192.0.2.1", NULL,
	"next-hop self med 1 local-preference 2 as-path [ 1 2 ] community [ 1:2 ] large-community [ 1:2:3 ] "
	"extended-community [ 0x00020001000000FF ]",
	-1,
	"announce route 192.0.2.1/32 next-hop self med 1 local-preference 2 as-path [ 1 2 ] community [ 1:2 ] "
	"large-community [ 1:2:3 ] extended-community [ 0x00020001000000FF ]"},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self community [ no-export ]", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self\nshutdown", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self restart", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop  self", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self\t", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop s\xc3\xa9lf", -1, ""},
    {DIALECT_V4, "192.0.2.1", "fe80::1%eth0", NULL, -1, ""},
};

START_TEST(spelling)
{
	struct route_key route = key(spellings[_i].prefix, spellings[_i].neighbor);
	char line[512] = "";
	size_t length = strlen(spellings[_i].line);

	route.has_path_id = spellings[_i].path_id >= 0;
	route.path_id = route.has_path_id ? (uint32_t)spellings[_i].path_id : 0;
	ck_assert_uint_eq(exabgp_command(spellings[_i].dialect, &route, spellings[_i].attributes, line, sizeof(line)), length);
	if (length == 0)
		return;
	ck_assert_str_eq(line, spellings[_i].line);
	/* Exactly enough room, and one byte less. */
	ck_assert_uint_eq(exabgp_command(spellings[_i].dialect, &route, spellings[_i].attributes, line, length + 1), length);
	for (size_t size = 0; size <= length; size++)
		ck_assert_uint_eq(
		    exabgp_command(spellings[_i].dialect, &route, spellings[_i].attributes, line, size), 0);
}
END_TEST

START_TEST(words_that_exabgp_obeys_anywhere)
{
	static const char *const words[] = {"reload", "restart", "reset", "shutdown", "help", "version", "teardown", "crash",
	    "flush", "show", "eor", "#", ";", "done", "announces", "rout", "x\n", "-1"};
	char line[100];

	ck_assert(exabgp_command_allowed("announce route 1.2.3.4/32 next-hop self"));
	for (size_t i = 0; i < COUNT(words); i++) {
		snprintf(line, sizeof(line), "announce route 1.2.3.4/32 %s next-hop self", words[i]);
		ck_assert_msg(!exabgp_command_allowed(line), "%s", line);
		ck_assert_msg(!exabgp_command_allowed(words[i]), "%s", words[i]);
	}
	ck_assert(!exabgp_command_allowed(""));
	ck_assert(!exabgp_command_allowed(" announce"));
	ck_assert(!exabgp_command_allowed("announce "));
}
END_TEST

/* What cannot be said is refused and leaves the others alone. */
START_TEST(impossible_commands)
{
	struct route_key route = key("192.0.2.1/32", NULL);
	char *attributes = malloc(EXABGP_LINE_MAX + 20);

	ck_assert_ptr_nonnull(attributes);
	memset(attributes, '1', EXABGP_LINE_MAX + 19);
	attributes[EXABGP_LINE_MAX + 19] = '\0';
	ck_assert(ledger_announce(ledger, &route, 0, 0, attributes));
	announce("192.0.2.2/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "the command is too long or not allowed");
	ck_assert_uint_eq(status().in_flight, 1);
	hear("done\n", 0);
	ck_assert(exabgp_idle(exabgp));
	/* The longest line that fits is said, whole. */
	attributes[EXABGP_LINE_MAX - 1 - strlen("announce route 192.0.2.1/32 ")] = '\0';
	ck_assert(ledger_announce(ledger, &route, 0, 0, attributes));
	announce("192.0.2.3/32", NULL);
	ck_assert_uint_eq(exabgp_output(exabgp, (char[EXABGP_LINE_MAX]){0}, EXABGP_LINE_MAX, at(0)), EXABGP_LINE_MAX);
	expect("announce route 192.0.2.3/32 " ATTRIBUTES "\n", 0);
	free(attributes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exabgp command");
	TCase *tcase = unit_case(suite, "exabgp command");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, spelling, 0, COUNT(spellings));
	tcase_add_test(tcase, words_that_exabgp_obeys_anywhere);
	tcase_add_test(tcase, impossible_commands);
	return unit_run(suite);
}
