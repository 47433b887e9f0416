/*
 * What is shown of text in other scripts, and what a terminal must not see.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/option_error.h"
#include "../../common/utf8.h"
#include "unit.h"

static const struct {
	const char *text, *shown;
	bool invalid; /* as UTF-8 */
} texts[] = {
	{"", "", false},
	{"web v4", "web v4", false},
	{"\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80", false},
	{"a\x1b[31m\n\x7f", "a?[31m??", false},	   /* C0 and DEL */
	{"a\xc2\x9b" "31m\xc2\xa0", "a?31m\xc2\xa0", false}, /* C1: CSI in one character; a no-break space stays */
	{"\xe6\x97", "??", true},			   /* cut */
	{"\xc3", "?", true},
	{"\xa9\xff", "??", true},
	{"\xc0\x8a\xe0\x80\x8a", "?????", true}, /* a line feed in longer forms */
	{"\xed\xa0\x80", "???", true},	   /* a surrogate */
	{"\xf4\x90\x80\x80", "????", true},	   /* beyond U+10FFFF */
};

START_TEST(test_sanitise)
{
	char *text = strdup(texts[_i].text);

	ck_assert_ptr_nonnull(text);
	utf8_sanitise(text);
	ck_assert_str_eq(text, texts[_i].shown);
	ck_assert_int_eq(utf8_is_valid(texts[_i].text), !texts[_i].invalid);
	ck_assert(utf8_is_valid(text));
	free(text);
}
END_TEST

START_TEST(test_refusal_shows_the_users_script)
{
	char quoted[OPTION_QUOTE_SIZE], error[OPTION_ERROR_SIZE];

	ck_assert(!option_error(error, "got %s", option_quote("\xe6\x97\xa5\n", quoted)));
	ck_assert_str_eq(error, "got \"\xe6\x97\xa5?\"");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("utf8");
	TCase *tcase = unit_case(suite, "utf8");

	tcase_add_loop_test(tcase, test_sanitise, 0, COUNT(texts));
	tcase_add_test(tcase, test_refusal_shows_the_users_script);
	return unit_run(suite);
}
