/*
 * Mails as text: golden ones, and that nothing of a letter gets where it does not belong.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../supervisor/notify/letter.h"
#include "../../supervisor/notify/mail_text.h"
#include "unit.h"

static const struct mail_stamp stamp = {.at = 1700000000, .unique = {0x0123456789abcdef, 0xfedcba9876543210}};

/* malloc'd */
static char *
mail_make(const char *url, const char *title, const char *body)
{
	char error[NOTIFY_URL_ERROR_SIZE], *titled = strdup(title), *text, *bodied = strdup(body);
	const struct letter letter = {.title = titled, .body = bodied};
	struct notify_mail mail;

	ck_assert_msg(notify_mail_parse(&mail, url, error), "%s", error);
	text = mail_text(&mail, &letter, &stamp);
	ck_assert_ptr_nonnull(text);
	notify_mail_free(&mail);
	free(titled);
	free(bodied);
	return text;
}

#define BEGIN "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <0123456789abcdeffedcba9876543210@"
#define MIME \
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n" \
	"Auto-Submitted: auto-generated\r\nX-Mailer: exacheck/" EXACHECK_VERSION "\r\n"

START_TEST(test_golden)
{
	static const struct {
		const char *url, *title, *body, *text;
	} cases[] = {
		{"mailto://me@example.net", "Title", "Body\n",
		    BEGIN "example.net>\r\nFrom: me@example.net\r\nTo: me@example.net\r\nSubject: Title\r\n" MIME "\r\nBody\r\n"},
		{"mailto://me@example.net?name=a%20%22b%22%5C&to=Ops%20%3Co@x%3E,p@x&cc=q@x&bcc=r@x&reply=s@x&+X-A=b", "T",
		    ".\n\nend",
		    BEGIN "example.net>\r\nFrom: \"a \\\"b\\\"\\\\\" <me@example.net>\r\nTo: \"Ops\" <o@x>,\r\n p@x\r\nCc: q@x\r\n"
		    "Reply-To: s@x\r\nSubject: T\r\n" MIME "X-A: b\r\n\r\n.\r\n\r\nend\r\n"},
		{"mailto://h?from=%C3%89%20%3Ce@y%3E", "Pr\xc3\xbc" "fung", "\xc3\xbc = 1 \n\ttab\r\n",
		    BEGIN "y>\r\nFrom: =?UTF-8?B?w4k=?= <e@y>\r\nTo: e@y\r\nSubject: =?UTF-8?B?UHLDvGZ1bmc=?=\r\n" MIME
		    "\r\n=C3=BC =3D 1=20\r\n\ttab\r\n"},
		{"mailto://e@y", "=?x?", "", BEGIN "y>\r\nFrom: e@y\r\nTo: e@y\r\nSubject: =?UTF-8?B?PT94Pw==?=\r\n" MIME "\r\n"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = mail_make(cases[i].url, cases[i].title, cases[i].body);

		ck_assert_str_eq(text, cases[i].text);
		free(text);
	}
}
END_TEST

/* Long ones: no line is longer than 78 characters, and what was folded or encoded reads the same. */
START_TEST(test_lines)
{
	char title[2000] = "", body[4000] = "";
	char *text;

	for (int i = 0; i < 60; i++) {
		strcat(title, i % 2 == 0 ? "\xe2\x98\x83\xc3\xa9 " : "word ");
		strcat(body, "a body that goes on \xe2\x98\x83 ");
	}
	text = mail_make("mailto://e@y", title, body);
	for (const char *line = text; *line != '\0';) {
		const char *end = strstr(line, "\r\n");

		ck_assert_ptr_nonnull(end);
		ck_assert_int_le(end - line, 78);
		ck_assert_ptr_null(memchr(line, '\n', (size_t)(end - line)));
		ck_assert_ptr_null(memchr(line, '\r', (size_t)(end - line)));
		for (const char *c = line; c < end; c++)
			ck_assert(*c >= ' ' && *c <= '~');
		line = end + 2;
	}
	free(text);
	for (size_t i = 0; title[i] != '\0'; i++)
		title[i] = i % 9 == 8 ? ' ' : 'x';
	text = mail_make("mailto://e@y", title, "");
	ck_assert_ptr_nonnull(strstr(text, "xxxxxxxx\r\n xxxxxxxx"));
	free(text);
}
END_TEST

START_TEST(test_injection)
{
	static const char *const titles[] = {"a\r\nBcc: evil@x", "a\nBcc: evil@x", "a\r\n\r\nbody", "a\x0b\x0c\x1c",
	    ("a\xc2\x85" "b")};

	for (size_t i = 0; i < COUNT(titles); i++) {
		char *text = mail_make("mailto://e@y", titles[i], "Bcc: nobody");
		char *header = strstr(text, "\r\n\r\n");

		ck_assert_ptr_null(strstr(text, "\r\nBcc: evil"));
		ck_assert_str_eq(header, "\r\n\r\nBcc: nobody\r\n");
		free(text);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notify_mail");
	TCase *tcase = unit_case(suite, "mails");

	setenv("TZ", "UTC", 1);
	tzset();
	tcase_add_test(tcase, test_golden);
	tcase_add_test(tcase, test_lines);
	tcase_add_test(tcase, test_injection);
	return unit_run(suite);
}
