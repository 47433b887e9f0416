/*
 * Patterns: what Python's re means by each construct, what is refused and why, subjects that are no
 * UTF-8, and that no pattern and subject take for ever.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/monotime.h"
#include "../../common/option.h"
#include "../../common/pattern.h"
#include "unit.h"

#define MEBIBYTE 1048576

enum how { SEARCH, MATCH }; /* re.search, re.match */

static const struct {
	const char *pattern;
	enum how how;
	const char *subject;
	bool matches;
} cases[] = {
	{"", SEARCH, "", true}, {"ok", SEARCH, "it is ok", true}, {"ok", MATCH, "it is ok", false},
	{"it", MATCH, "it is ok", true},
	{"b", MATCH, "a\nb", false},
	/* anchors */
	{"a$", SEARCH, "a\n", true}, {"a$", SEARCH, "a\nb", false}, {"a\\Z", SEARCH, "a\n", false},
	{"a\\Z", SEARCH, "ba", true},
	{"a\\z", SEARCH, "a\n", false}, {"\\Aa", SEARCH, "ba", false}, {"(?m)^b$", SEARCH, "a\nb\nc", true},
	{"^b", SEARCH, "a\nb", false},
	{"(?m)^\\Z", SEARCH, "a\n", true}, {"a.b", SEARCH, "a\nb", false}, {"a.b", SEARCH, "a\rb", true},
	{"(?s)a.b", SEARCH, "a\nb", true},
	/* braces */
	{"^a{,2}$", SEARCH, "aa", true}, {"^a{,2}$", SEARCH, "aaa", false}, {"^a{,2}$", SEARCH, "a{,2}", false},
	{"^a{2,}$", SEARCH, "aaa", true},
	{"^a{,}$", SEARCH, "aaaa", true}, {"^a{2}$", SEARCH, "aa", true}, {"^a{}$", SEARCH, "a{}", true},
	{"^a{x}$", SEARCH, "a{x}", true},
	{"^a{1,x}$", SEARCH, "a{1,x}", true}, {"^a{ 1}$", SEARCH, "a{ 1}", true},
	{"^{\"ok\":1}$", SEARCH, "{\"ok\":1}", true},
	{"^a{1,2}?a$", SEARCH, "aa", true}, {"^a{2}+a$", SEARCH, "aa", false},
	/* escapes */
	{"^\\u00e9$", SEARCH, "\xc3\xa9", true}, {"^\\U0001F600$", SEARCH, "\xf0\x9f\x98\x80", true},
	{"^\\xe9$", SEARCH, "\xc3\xa9", true},
	{"^\\x41\\x424$", SEARCH, "AB4", true}, {"^\\v$", SEARCH, "\v", true}, {"^\\v$", SEARCH, "\f", false},
	{"^[\\v]$", SEARCH, "\f", false},
	{"^\\a\\f\\t\\n\\r$", SEARCH, "\a\f\t\n\r", true}, {"^\\101\\060$", SEARCH, "A0", true},
	{"^\\08$", SEARCH, "", false},
	{"^[\\101-\\103]$", SEARCH, "B", true}, {"^[\\b]$", SEARCH, "\b", true}, {"\\bok\\b", SEARCH, "is ok.", true},
	{"\\bok\\b", SEARCH, "token", false},
	{"^\\.\\/\\-\\ \\#$", SEARCH, "./- #", true}, {"^\\\xc3\xa9$", SEARCH, "\xc3\xa9", true},
	{"^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10$", SEARCH, "abcdefghijj", true}, {"^(a)\\1$", SEARCH, "aa", true},
	{"^(a)\\12$", SEARCH, "", false},
	{"^(a)(?:\\1)2$", SEARCH, "aa2", true},
	/* classes */
	{"^[]a]+$", SEARCH, "]a", true}, {"^[^]a]+$", SEARCH, "b", true}, {"^[^]a]+$", SEARCH, "]", false},
	{"^[[a]+$", SEARCH, "[a", true},
	{"^[a[:b]+$", SEARCH, "a[:b", true}, {"^[(*]+$", SEARCH, "(*", true}, {"^[\\]\\\\]+$", SEARCH, "]\\", true},
	{"^[a-c-]+$", SEARCH, "b-", true},
	{"^[\xc3\xa9]$", SEARCH, "\xc3\xa9", true}, {"^[\\u00e0-\\u00ff]$", SEARCH, "\xc3\xa9", true},
	{"^[{,2}#]+$", SEARCH, "{2}#", true},
	/* Unicode's letters and digits, and ASCII's */
	{"^\\w+$", SEARCH, "caf\xc3\xa9", true}, {"(?a)^\\w+$", SEARCH, "caf\xc3\xa9", false},
	{"^\\d$", SEARCH, "\xd9\xa3", true},
	{"(?a)^\\d$", SEARCH, "\xd9\xa3", false}, {"^a\\sb$", SEARCH, "a\xc2\xa0" "b", true},
	{"(?a)^a\\sb$", SEARCH, "a\xc2\xa0" "b", false},
	{"^.$", SEARCH, "\xc3\xa9", true}, {"(?i)^\xc3\x89$", SEARCH, "\xc3\xa9", true},
	{"(?u)^\\w$", SEARCH, "\xc3\xa9", true},
	/* groups */
	{"(?i)OK", SEARCH, "ok", true}, {"(?im)^OK$", SEARCH, "a\nok\nb", true}, {"(?i)(?s)A.B", SEARCH, "a\nb", true},
	{"a(?i:B)c", SEARCH, "abc", true},
	{"a(?i:B)c", SEARCH, "abC", false}, {"(?i)a(?-i:b)c", SEARCH, "AbC", true},
	{"(?i)a(?-i:b)c", SEARCH, "ABC", false},
	{"(?x) o k  # (comment [", SEARCH, "ok", true}, {"(?x)o\\ k [ ]", SEARCH, "o k ", true},
	{"(?x)\na +  # one\n b", SEARCH, "aab", true},
	{"(?x)a \u2028 ?b", SEARCH, "a\u2028b", true}, {"(?x)^a\u2028b", SEARCH, "ab", false},
	{"^(?P<x>a|b)-(?P=x)$", SEARCH, "b-b", true}, {"^(?P<x>a|b)-(?P=x)$", SEARCH, "a-b", false},
	{"^(a)?b(?(1)c|d)$", SEARCH, "abc", true},
	{"^(a)?b(?(1)c|d)$", SEARCH, "bd", true}, {"^(a)?b(?(1)c|d)$", SEARCH, "bc", false},
	{"^(?P<n>a)?b(?(n)c|d)$", SEARCH, "abc", true},
	{"^(?P<R>a)?b(?(R)c|d)$", SEARCH, "abc", true}, {"a(?#a comment ( [)b", SEARCH, "ab", true},
	{"^a(?#x)+$", SEARCH, "aaa", true},
	{"(?<=a)b(?!c)", SEARCH, "abd", true}, {"(?<!a)b(?=c)", SEARCH, "abc", false},
	{"^(?>a+)a$", SEARCH, "aaa", false}, {"^a++a$", SEARCH, "aaa", false},
	{"^(a)|b\\1$", SEARCH, "b", false}, /* a group that took no part matches nothing */
};

static const struct {
	const char *pattern, *error;
} refused[] = {
	{"(", "at character 2"}, {")", "at character 1"}, {"a)b", "at character 2"},
	{"[a", "at character 1: a [ without"}, {"[]", "[ without"},
	{"*a", "at character 1"}, {"a**", "at character 3: a repeat"}, {"a{2}{3}", "a repeat of a repeat"},
	{"a+?+", "a repeat of a repeat"},
	{"a\\", "backslash at the end"}, {"(*UTF)a", "(* begins no group"},
	{"a(*COMMIT)b", "at character 2: (* begins"}, {"(*LIMIT_MATCH=9)a", "(*"},
	{"a\\Kb", "\\K has no meaning"}, {"\\R", "\\R has no meaning"}, {"\\X", "\\X has"}, {"\\C", "\\C has"},
	{"\\h", "\\h has"}, {"\\Qa\\E", "\\Q has"},
	{"\\G", "\\G has"}, {"\\pL", "\\p has"}, {"\\PL", "\\P has"}, {"\\N", "\\N has"}, {"\\N{DIGIT ONE}", "\\N has"},
	{"\\e", "\\e has"}, {"\\cA", "\\c has"},
	{"\\g1", "\\g has"}, {"\\k<a>", "\\k has"}, {"\\o{101}", "\\o has"}, {"\\H", "\\H has"}, {"\\V", "\\V has"},
	{"[\\B]", "in a class"}, {"[\\Z]", "in a class"},
	{"[\\A]", "in a class"}, {"[\\8]", "no group references"}, {"\\x4", "\\x takes 2"}, {"\\x{41}", "\\x takes 2"},
	{"\\u12", "\\u 4"}, {"\\U0000004", "\\U 8"},
	{"\\U00110000", "no Unicode character"}, {"\\ud800", "no Unicode character"}, {"\\777", "up to \\377"},
	{"[\\777]", "up to \\377"},
	{"\\1", "at character"}, {"(a)\\2", "at character"}, {"(a)\\12", "at character"},
	{"[[:alpha:]]", "at character 2: Python has no POSIX"}, {"[[.a.]]", "POSIX"},
	{"[[=a=]]", "POSIX"}, {"(?<n>a)", "(?P<name>"}, {"(?'n'a)", "does not exist"}, {"(?R)", "does not exist"},
	{"(?1)", "does not exist"}, {"(?&n)", "does not exist"},
	{"(?P>n)", "(?P is followed"}, {"(?|a|b)", "does not exist"}, {"(?C)", "does not exist"},
	{"(?^i)a", "does not exist"}, {"(?J)a", "does not exist"},
	{"(?", "does not exist"}, {"(?P", "(?P is followed"}, {"(?P<1>a)", "group's name"}, {"(?P<n", "group's name"},
	{"(?P<>a)", "group's name"}, {"(?P=n)", "at character"},
	{"(?P<n>a)(?P<n>b)", "at character"}, {"(?(?=a)b)", "(?( is followed"}, {"(?(2)a|b)", "at character"},
	{"(?(n)a)", "at character"}, {"(?#", "comment without"},
	{"a(?i)b", "stand at its start"}, {"(a)(?i)", "stand at its start"}, {"(?L)a", "leave it out"},
	{"(?au)a", "exclude each other"}, {"(?-i)a", "for a part only"},
	{"(?a:b)", "whole pattern only"}, {"(?x:b)", "whole pattern only"}, {"(?L:b)", "whole pattern only"},
	{"(?i", "does not exist"}, {"(?<=a+)b", "at character"},
	{"[b-a]", "at character"}, {"[a-\\d]", "at character"}, {"\xc3(", "at character"}, {"caf\xe9", "at character"},
	{"a{3,2}", "at character"},
};

static struct pattern *
compile(const char *text)
{
	char error[OPTION_ERROR_SIZE] = "";
	struct pattern *pattern = pattern_compile(text, error);

	ck_assert_msg(pattern != NULL, "%s: %s", text, error);
	return pattern;
}

START_TEST(test_meaning)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		char error[OPTION_ERROR_SIZE] = "";
		struct pattern *pattern = pattern_compile(cases[i].pattern, error);
		enum pattern_match match;

		/* Octal 12 and group 12 do not exist here: refused, not misread. */
		if (pattern == NULL) {
			ck_assert_msg(
			    !cases[i].matches && cases[i].subject[0] == '\0', "%s: %s", cases[i].pattern, error);
			continue;
		}
		match = pattern_match(pattern, cases[i].subject, strlen(cases[i].subject), cases[i].how == MATCH);
		ck_assert_msg(match == (cases[i].matches ? PATTERN_MATCH : PATTERN_NO_MATCH), "%s on \"%s\": %d",
		    cases[i].pattern, cases[i].subject, match);
		pattern_free(pattern);
	}
}
END_TEST

START_TEST(test_refused)
{
	char error[OPTION_ERROR_SIZE];

	for (size_t i = 0; i < COUNT(refused); i++) {
		error[0] = '\0';
		ck_assert_msg(!pattern_check(refused[i].pattern, error), "%s accepted", refused[i].pattern);
		ck_assert_msg(strstr(error, refused[i].error) != NULL, "%s: \"%s\", not \"%s\"", refused[i].pattern,
		    error, refused[i].error);
		ck_assert_ptr_null(pattern_compile(refused[i].pattern, error));
	}
}
END_TEST

START_TEST(test_too_long)
{
	char error[OPTION_ERROR_SIZE];
	char *text = malloc(20000);

	memset(text, 'a', 20000);
	text[19999] = '\0';
	ck_assert(!pattern_check(text, error));
	ck_assert_ptr_nonnull(strstr(error, "longer than"));
	memset(text, '(', 1000);
	text[1000] = '\0';
	ck_assert(!pattern_check(text, error));
	free(text);
	ck_assert(!pattern_check("(((a{1,999}){1,999}){1,999}){1,999}", error));
}
END_TEST

static const struct {
	const char *pattern, *subject;
	size_t length;
	bool matches;
} byte_cases[] = {
	{"ok", "\xff ok", 4, true}, {"^..k$", "\xffok", 3, true}, {"\\xff", "a\xff", 2, true},
	{"caf\\xe9", "un caf\xe9", 7, true},
	{"^\\w+$", "a\xe9", 2, false}, {"[^a]", "\x80", 1, true}, {"a\\x00b", "a\0b", 3, true}, {"b$", "a\0b", 3, true},
	/* beyond one byte: the valid stretches */
	{"caf\xc3\xa9", "\xff caf\xc3\xa9", 7, true}, {"\\u20ac", "\xff\xe2\x82\xac", 4, true},
	{"\\u20ac", "\xff\xe2\x82", 3, false},
	{"^.\\u20ac", "\xff\xe2\x82\xac", 4, false},
	/* cut in the middle of a character, as the end of a capped body may be */
	{"ok", "ok \xc3", 4, true},
};

START_TEST(test_bytes)
{
	for (size_t i = 0; i < COUNT(byte_cases); i++) {
		struct pattern *pattern = compile(byte_cases[i].pattern);
		enum pattern_match match = pattern_match(pattern, byte_cases[i].subject, byte_cases[i].length, false);

		ck_assert_msg(match == (byte_cases[i].matches ? PATTERN_MATCH : PATTERN_NO_MATCH), "case %zu (%s): %d",
		    i, byte_cases[i].pattern, match);
		pattern_free(pattern);
	}
}
END_TEST

static int64_t
cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * NS_PER_SECOND + used.tv_nsec;
}

/* On 1 MiB of a's and a b. Time of its own, since the machine may be busy with others; tenths of a second measured. */
START_TEST(test_bounds)
{
	static const struct {
		const char *pattern;
		enum pattern_match match;
	} hard[] = {
		{"(a+)+$", PATTERN_LIMIT}, {"(a|aa)+$", PATTERN_LIMIT}, {"(a*)*\\Z(?<!b)", PATTERN_LIMIT},
		{"(?i)(a*)\\1c?bb", PATTERN_LIMIT}, {"a*a*a*a*c?bb", PATTERN_LIMIT}, {"a{60000}b\\b", PATTERN_LIMIT},
		{"ab", PATTERN_MATCH}, {"^a*b$", PATTERN_MATCH}, {"zz", PATTERN_NO_MATCH}, {"a.*z", PATTERN_NO_MATCH},
		{"(?s).*b", PATTERN_MATCH},
	};
	char *subject = malloc(MEBIBYTE);
	int64_t took_ns;

	ck_assert_ptr_nonnull(subject);
	memset(subject, 'a', MEBIBYTE);
	subject[MEBIBYTE - 1] = 'b';
	for (size_t i = 0; i < COUNT(hard); i++) {
		struct pattern *pattern = compile(hard[i].pattern);
		int64_t start_ns = cpu_ns();
		enum pattern_match match = pattern_match(pattern, subject, MEBIBYTE, false);

		took_ns = cpu_ns() - start_ns;
		ck_assert_msg(match == hard[i].match, "%s: %d", hard[i].pattern, match);
		ck_assert_msg(took_ns < 10 * NS_PER_SECOND, "%s: %lld ms", hard[i].pattern,
		    (long long)(took_ns / NS_PER_MILLISECOND));
		pattern_free(pattern);
	}
	free(subject);
}
END_TEST

/* A pattern is used again and again: each match begins with a clean account. */
START_TEST(test_reuse)
{
	struct pattern *pattern = compile("(a+)+$");
	char subject[64];

	memset(subject, 'a', sizeof(subject));
	subject[sizeof(subject) - 1] = 'b';
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pattern_match(pattern, subject, sizeof(subject), false), PATTERN_LIMIT);
		ck_assert_int_eq(pattern_match(pattern, "aaa", 3, false), PATTERN_MATCH);
		ck_assert_int_eq(pattern_match(pattern, "", 0, false), PATTERN_NO_MATCH);
	}
	pattern_free(pattern);
	pattern_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tests = unit_case(suite, "pattern");

	tcase_add_test(tests, test_meaning);
	tcase_add_test(tests, test_refused);
	tcase_add_test(tests, test_too_long);
	tcase_add_test(tests, test_bytes);
	tcase_add_test(tests, test_reuse);
	tests = unit_case(suite, "bounds");
	tcase_set_tags(tests, UNIT_NATIVE);
	tcase_add_test(tests, test_bounds);
	return unit_run(suite);
}
