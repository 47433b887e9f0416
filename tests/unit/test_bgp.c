/*
 * Communities and AS paths: every spelling, the octets of extended communities, and that no text that
 * ExaBGP would take for a word comes out.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bgp.h"
#include "../../common/option.h"
#include "unit.h"

static const struct {
	const char *text, *canonical;
	enum community_kind kind;
} communities[] = {
	{"65000:1", "65000:1", COMMUNITY_STANDARD},
	{"0:0", "0:0", COMMUNITY_STANDARD},
	{"65535:65535", "65535:65535", COMMUNITY_STANDARD},
	{"00065000:01", "65000:1", COMMUNITY_STANDARD},
	{"no-export", "65535:65281", COMMUNITY_STANDARD},
	{"NO_ADVERTISE", "65535:65282", COMMUNITY_STANDARD},
	{"no-export-subconfed", "65535:65283", COMMUNITY_STANDARD},
	{"Local-AS", "65535:65283", COMMUNITY_STANDARD},
	{"no-peer", "65535:65284", COMMUNITY_STANDARD},
	{"nopeer", "65535:65284", COMMUNITY_STANDARD},
	{"blackhole", "65535:666", COMMUNITY_STANDARD},
	{"graceful-shutdown", "65535:0", COMMUNITY_STANDARD},
	{"graceful_Shutdown", "65535:0", COMMUNITY_STANDARD},
	{"65000:1:2", "65000:1:2", COMMUNITY_LARGE},
	{"4294967295:4294967295:4294967295", "4294967295:4294967295:4294967295", COMMUNITY_LARGE},
	{"0:0:0", "0:0:0", COMMUNITY_LARGE},
	/* RFC 4360: type 0x00, subtype 0x02 (target) or 0x03 (origin), 2 octets of AS, 4 of number */
	{"target:65000:100", "0x0002fde800000064", COMMUNITY_EXTENDED},
	{"origin:65000:100", "0x0003fde800000064", COMMUNITY_EXTENDED},
	{"Target:1:4294967295", "0x00020001ffffffff", COMMUNITY_EXTENDED},
	/* type 0x01: IPv4 address and 2 octets */
	{"target:192.0.2.1:100", "0x0102c00002010064", COMMUNITY_EXTENDED},
	{"ORIGIN:255.255.255.255:65535", "0x0103ffffffffffff", COMMUNITY_EXTENDED},
	/* RFC 5668: type 0x02, 4 octets of AS and 2 of number */
	{"target:65536:100", "0x0202000100000064", COMMUNITY_EXTENDED},
	{"origin:4200000000:1", "0x0203fa56ea000001", COMMUNITY_EXTENDED},
	{"target:65000L:100", "0x02020000fde80064", COMMUNITY_EXTENDED},
	{"target:1.10:100", "0x02020001000a0064", COMMUNITY_EXTENDED},
	{"target:0.65000:65535", "0x02020000fde8ffff", COMMUNITY_EXTENDED},
	{"0x0002FDE800000064", "0x0002fde800000064", COMMUNITY_EXTENDED},
	{"0X4300000000000001", "0x4300000000000001", COMMUNITY_EXTENDED},
};

static const struct {
	const char *text, *error; /* what the reason must contain */
} bad_communities[] = {
	{"", "must be a community"}, {"65000", "must be a community"}, {"65000:", "must be a community"},
	{":1", "must be a community"}, {"65536:1", "0 to 65535"}, {"1:65536", "large community"},
	{"-1:1", "must be a community"}, {"1:2:3:4", "must be a community"}, {"1:2:", "must be a community"},
	{"1:2:3:", "must be a community"}, {"1:4294967296:3", "must be a community"}, {" 1:2", "must be a community"},
	{"1:2 ", "must be a community"}, {"1 :2", "must be a community"}, {"65000:10 reset", "must be a community"},
	{"no-exporter", "must be a community"}, {"no-expor", "must be a community"},
	{"shutdown", "must be a community"},
	{"internet", "leave it out"}, {"Internet", "write 0:0"}, {"target:", "extended community"},
	{"target:65000", "extended community"}, {"target:65000:", "extended community"},
	{"target:65000:4294967296", "extended community"}, {"target:65536:65536", "extended community"},
	{"target:65000L:65536", "extended community"}, {"target:192.0.2.1:65536", "extended community"},
	{"target:192.0.2.256:1", "extended community"}, {"target:1.65536:1", "extended community"},
	{"target:65536.1:1", "extended community"}, {"target:4294967296:1", "extended community"},
	{"target:1:2:3", "extended community"}, {"target:x:1", "extended community"},
	{"target::1", "extended community"},
	{"target:2001:db8::1:5", "extended community"}, {"0x", "16 hex digits"}, {"0x00", "16 hex digits"},
	{"0x0002fde80000006", "16 hex digits"}, {"0x0002fde8000000640", "16 hex digits"},
	{"0x0002fde80000006g", "16 hex digits"},
};

START_TEST(test_communities)
{
	char error[OPTION_ERROR_SIZE];
	char *canonical, *again;

	for (size_t i = 0; i < COUNT(communities); i++) {
		canonical = community_parse(communities[i].text, error);
		ck_assert_msg(canonical != NULL, "%s: %s", communities[i].text, error);
		ck_assert_str_eq(canonical, communities[i].canonical);
		ck_assert_int_eq(community_kind(canonical), communities[i].kind);
		ck_assert_uint_eq(strspn(canonical, "0123456789abcdefx:"), strlen(canonical));
		again = community_parse(canonical, error);
		ck_assert_str_eq(canonical, again);
		free(canonical);
		free(again);
	}
}
END_TEST

START_TEST(test_bad_communities)
{
	char error[OPTION_ERROR_SIZE];

	for (size_t i = 0; i < COUNT(bad_communities); i++) {
		error[0] = '\0';
		ck_assert_msg(community_parse(bad_communities[i].text, error) == NULL, "\"%s\" accepted",
		    bad_communities[i].text);
		ck_assert_msg(
		    strstr(error, bad_communities[i].error) != NULL, "\"%s\": %s", bad_communities[i].text, error);
	}
}
END_TEST

static const struct {
	const char *text, *canonical;
} as_paths[] = {
	{"65000", "65000"}, {"65000 65001", "65000 65001"}, {"[65000,65001]", "65000 65001"},
	{" [ 65000 , 65001 ] ", "65000 65001"}, {"65000,65001", "65000 65001"}, {"65000\t65000", "65000 65000"},
	{"1.0", "65536"}, {"0.1", "1"}, {"65535.65535", "4294967295"}, {"4294967295", "4294967295"}, {"1", "1"},
	{"65000, 1.1 ,23456", "65000 65537 23456"},
};

static const char *const bad_as_paths[] = {"", " ", "[]", "[ , ]", "0", "0.0", "4294967296", "65536.0", "1.65536", "1.",
    ".1", "1.2.3", "AS65000", "-1", "65000;65001", "65000 reset", "[65000", "65000]", "[65000] 65001", "[[65000]]",
    "{65000}", "(65000)", "65000L", "1e3", "0x10", "[", "65000\n"};

START_TEST(test_as_paths)
{
	char error[OPTION_ERROR_SIZE];
	char *canonical, *again;

	for (size_t i = 0; i < COUNT(as_paths); i++) {
		canonical = as_path_parse(as_paths[i].text, error);
		ck_assert_msg(canonical != NULL, "%s: %s", as_paths[i].text, error);
		ck_assert_str_eq(canonical, as_paths[i].canonical);
		again = as_path_parse(canonical, error);
		ck_assert_str_eq(canonical, again);
		free(canonical);
		free(again);
	}
}
END_TEST

START_TEST(test_bad_as_paths)
{
	char error[OPTION_ERROR_SIZE];

	for (size_t i = 0; i < COUNT(bad_as_paths); i++) {
		error[0] = '\0';
		ck_assert_msg(as_path_parse(bad_as_paths[i], error) == NULL, "\"%s\" accepted", bad_as_paths[i]);
		ck_assert_msg(strncmp(error, "must ", 5) == 0, "\"%s\": %s", bad_as_paths[i], error);
	}
}
END_TEST

START_TEST(test_long_as_path)
{
	char error[OPTION_ERROR_SIZE], text[256 * 11 + 1] = "";
	char *canonical;

	for (int i = 0; i < 255; i++)
		strcat(text, i == 0 ? "4294967295" : " 4294967295");
	canonical = as_path_parse(text, error);
	ck_assert_ptr_nonnull(canonical);
	ck_assert_str_eq(canonical, text);
	free(canonical);
	strcat(text, " 1");
	ck_assert_ptr_null(as_path_parse(text, error));
	ck_assert_ptr_nonnull(strstr(error, "at most 255"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("bgp");
	TCase *tests = unit_case(suite, "bgp");

	tcase_add_test(tests, test_communities);
	tcase_add_test(tests, test_bad_communities);
	tcase_add_test(tests, test_as_paths);
	tcase_add_test(tests, test_bad_as_paths);
	tcase_add_test(tests, test_long_as_path);
	return unit_run(suite);
}
