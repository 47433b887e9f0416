/*
 * URLs of notifications and Sentry DSNs: what is accepted, how it is read, and that no refusal repeats any of it.
 */
#include <stdio.h>
#include <string.h>

#include "../../common/notify_dsn.h"
#include "../../common/notify_json.h"
#include "../../common/notify_mail.h"
#include "../../common/notify_parts.h"
#include "../../common/notify_url.h"
#include "unit.h"

START_TEST(test_kinds)
{
	static const struct {
		const char *url;
		enum notify_url_kind kind;
	} cases[] = {
		{"json://localhost", NOTIFY_URL_JSON},
		{"JSONS://user:pass@[::1]:8443/a/b?+X-Token=1&-q=2&:host=3&cto=1.5", NOTIFY_URL_JSON},
		{"json://u:p@ss@host/", NOTIFY_URL_JSON},
		{"mailto://me@example.net", NOTIFY_URL_MAIL},
		{"mailtos://me:secret@gmail.com", NOTIFY_URL_MAIL},
		{"mailtos://localhost:2525?from=a@b.net&to=c@d.net,Ops%20<e@f.net>&cc=g@h&mode=ssl", NOTIFY_URL_MAIL},
		{"slack://TokenA/TokenB/TokenC/#channel", NOTIFY_URL_APPRISE},
		{"tgram://123456:abc/42", NOTIFY_URL_APPRISE},
		{"https://hooks.example.net/x", NOTIFY_URL_APPRISE},
		{"xml://127.0.0.1", NOTIFY_URL_APPRISE},
	};
	char error[NOTIFY_URL_ERROR_SIZE] = "";

	for (size_t i = 0; i < COUNT(cases); i++) {
		enum notify_url_kind kind;

		ck_assert_msg(notify_url_check(cases[i].url, &kind, error), "%s: %s", cases[i].url, error);
		ck_assert_msg(kind == cases[i].kind, "%s", cases[i].url);
	}
}
END_TEST

/* Every one with the word that must not be repeated, and another that says what is wrong. */
START_TEST(test_refused)
{
	static const struct {
		const char *url, *part;
	} cases[] = {
		{"", "must be a URL such as"},
		{"hunter2", "must be a URL such as"},
		{"://hunter2", "must be a URL such as"},
		{"hunter2!://x", "scheme of letters"},
		{"2hunter2://x", "scheme of letters"},
		{"hunter2hunter2hunter2hunter2hunter2://x", "must be a URL such as"},
		{"slack://", "more than its scheme"},
		{"slack:// / ", "more than its scheme"},
		{"json://", "name a host"},
		{"json:///hunter2", "name a host"},
		{"json://hunter2@", "name a host"},
		{"json://hunter2:99999/", "port of 1 to 65535"},
		{"json://user:hunter2/x", "port of 1 to 65535"},
		{"json://hunter2 x/", "a host name or address"},
		{"json://[hunter2]/", "a host name or address"},
		{"json://hunter2%zz@host/", "in its user or password"},
		{"json://hunter2:%0a@host/", "in its user or password"},
		{"json://hunter2:%@host/", "in its user or password"},
		{"json://host/?hunter2=%0d%0a", "in a parameter"},
		{"json://host/?hunter2=%ff", "not UTF-8"},
		{"mailto://me@host/?name=hunter2%c3", "not UTF-8"},
		{"json://host/\nhunter2", "control characters"},
		{"json://host/?method=hunter2", "method= one of POST"},
		{"json://host/?cto=hunter2", "cto=SECONDS"},
		{"json://host/?rto=-1", "rto=SECONDS"},
		{"json://host/?rto=nan", "rto=SECONDS"},
		{"json://host/?+hunter2%20x=1", "header's name"},
		{"json://host/?+=hunter2", "header's name"},
		{"json://host/?port=hunter2", "port= of 1 to 65535"},
		{"json://host/?port=99999", "port= of 1 to 65535"},
		{"mailto://me@host/?port=0", "port= of 1 to 65535"},
		{"mailto://hunter2.net", "must say who writes"},
		{"mailto://host?from=hunter2@", "from="},
		{"mailto://hunter2%20x@host", "from="},
		{"mailto://me@host?to=hunter2", "as path or as to="},
		{"mailto://me@host/hunter2", "as path or as to="},
		{"mailto://me@host/a%0D%0AX-hunter2:y@z", "as path or as to="},
		{"mailto://me@host?to=<hunter2@x", "as path or as to="},
		{"mailto://me@host?to=hunter2..x@y", "as path or as to="},
		{"mailto://me@host?bcc=hunter2", "bcc"},
		{"mailto://me@host?smtp=hunter2/", "smtp="},
		{"mailto://me@host?mode=hunter2", "mode= one of"},
		{"mailto://me@host?+Subject=hunter2", "must not set the header Subject"},
		{"mailto://me@host?+X%20Y=hunter2", "header's name"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char error[NOTIFY_URL_ERROR_SIZE] = "";
		enum notify_url_kind kind;

		ck_assert_msg(!notify_url_check(cases[i].url, &kind, error), "%s", cases[i].url);
		ck_assert_msg(strstr(error, cases[i].part) != NULL, "%s: %s", cases[i].url, error);
		ck_assert_msg(strstr(error, "hunter2") == NULL, "%s: %s", cases[i].url, error);
	}
}
END_TEST

START_TEST(test_bounds)
{
	char url[NOTIFY_URL_MAX + 2], many[1024] = "json://h/?", error[NOTIFY_URL_ERROR_SIZE];
	enum notify_url_kind kind;

	memset(url, 'a', sizeof(url));
	memcpy(url, "json://h/", 9);
	url[NOTIFY_URL_MAX + 1] = '\0';
	ck_assert(!notify_url_check(url, &kind, error));
	ck_assert_ptr_nonnull(strstr(error, "at most 8192 characters"));
	url[NOTIFY_URL_MAX] = '\0';
	ck_assert(notify_url_check(url, &kind, error));
	for (int i = 0; i < NOTIFY_PARAMETERS_MAX; i++)
		strcat(many, "a=1&");
	ck_assert(notify_url_check(many, &kind, error));
	strcat(many, "a=1");
	ck_assert(!notify_url_check(many, &kind, error));
}
END_TEST

START_TEST(test_parts)
{
	struct notify_parts parts;
	char error[NOTIFY_URL_ERROR_SIZE];

	ck_assert(notify_parts_parse(&parts,
	    "Json://us%40er:p%3aw@x@Host.example:81/p%20q?A=b%26&+H=v;-q&:p=%C3%A9#frag", error));
	ck_assert_str_eq(parts.scheme, "json");
	ck_assert_str_eq(parts.user, "us@er");
	ck_assert_str_eq(parts.password, "p:w@x");
	ck_assert_str_eq(parts.host, "Host.example");
	ck_assert_uint_eq(parts.port, 81);
	ck_assert_str_eq(parts.path, "/p%20q");
	ck_assert_uint_eq(parts.count, 4);
	ck_assert_str_eq(notify_parts_value(&parts, "a"), "b&");
	ck_assert_ptr_null(notify_parts_value(&parts, "H"));
	ck_assert_int_eq(parts.parameters[1].sign, '+');
	ck_assert_str_eq(parts.parameters[2].value, "");
	ck_assert_str_eq(parts.parameters[3].value, "\xc3\xa9");
	notify_parts_free(&parts);
	ck_assert_ptr_null(parts.text);

	ck_assert(notify_parts_parse(&parts, "json://[2001:db8::1]", error));
	ck_assert_str_eq(parts.host, "2001:db8::1");
	ck_assert_str_eq(parts.path, "");
	ck_assert_ptr_null(parts.user);
	ck_assert(notify_parts_verify(&parts));
	notify_parts_free(&parts);
	ck_assert(notify_parts_parse(&parts, "json://h?verify=No", error));
	ck_assert(!notify_parts_verify(&parts));
	notify_parts_free(&parts);
}
END_TEST

START_TEST(test_mail)
{
	static const struct {
		const char *url, *server, *login, *from, *name, *to;
		unsigned port;
		enum mail_security security;
	} cases[] = {
		{"mailto://me@example.net", "example.net", "", "me@example.net", "", "me@example.net", 25, MAIL_PLAIN},
		{"mailtos://me:pw@example.net", "example.net", "me", "me@example.net", "", "me@example.net", 587, MAIL_STARTTLS},
		{"mailtos://me:pw@example.net?mode=ssl", "example.net", "me", "me@example.net", "", "me@example.net", 465, MAIL_TLS},
		{"mailto://me:pw@example.net:2500?mode=STARTTLS", "example.net", "me", "me@example.net", "", "me@example.net", 2500,
		    MAIL_STARTTLS},
		{"mailto://me:pw@gmail.com?name=Exa%20Check", "smtp.gmail.com", "me@gmail.com", "me@gmail.com", "Exa Check",
		    "me@gmail.com", 587, MAIL_STARTTLS},
		{"mailto://me:pw@Web.de?smtp=10.0.0.1", "10.0.0.1", "me", "me@Web.de", "", "me@Web.de", 25, MAIL_PLAIN},
		{"mailtos://me%40x.org:pw@fastmail.com", "smtp.fastmail.com", "me@x.org", "me@fastmail.com", "", "me@fastmail.com",
		    465, MAIL_TLS},
		{"mailtos://me:pw@x.org:465", "x.org", "me", "me@x.org", "", "me@x.org", 465, MAIL_TLS},
		{"mailtos://me:pw@x.org:465?mode=starttls", "x.org", "me", "me@x.org", "", "me@x.org", 465, MAIL_STARTTLS},
		{"mailtos://_?user=me@x.org&pass=p%26w&smtp=mail.x.org&port=2525&from=Exa%20<exa@x.org>", "mail.x.org", "me@x.org",
		    "exa@x.org", "Exa", "exa@x.org", 2525, MAIL_STARTTLS},
		{"mailto://a:b@gmail.com:1?user=me&password=pw", "smtp.gmail.com", "me@gmail.com", "me@gmail.com", "", "me@gmail.com",
		    1, MAIL_STARTTLS},
		{"mailto://h/ops@example.net?from=Exa%20<exa@example.net>", "h", "", "exa@example.net", "Exa", "ops@example.net",
		    25, MAIL_PLAIN},
		{"mailto://me@h/a%40b.net/?from=Check&to=x@y.net", "h", "", "me@h", "Check", "a@b.net", 25, MAIL_PLAIN},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char error[NOTIFY_URL_ERROR_SIZE];
		struct notify_mail mail;

		ck_assert_msg(notify_mail_parse(&mail, cases[i].url, error), "%s: %s", cases[i].url, error);
		ck_assert_str_eq(mail.server, cases[i].server);
		ck_assert_str_eq(mail.login, cases[i].login);
		ck_assert_str_eq(mail.from.address, cases[i].from);
		ck_assert_str_eq(mail.from.name, cases[i].name);
		ck_assert_str_eq(mail.mailboxes[0].address, cases[i].to);
		ck_assert_uint_eq(mail.port, cases[i].port);
		ck_assert_int_eq(mail.security, cases[i].security);
		notify_mail_free(&mail);
	}
}
END_TEST

START_TEST(test_mail_recipients)
{
	char error[NOTIFY_URL_ERROR_SIZE];
	struct notify_mail mail;

	ck_assert(notify_mail_parse(&mail,
	    "mailto://me@h/a@x/b@x?to=c@x,%22D%22%20%3Cd@x%3E&cc=e@x&bcc=f@x,g@x&reply=h@x", error));
	ck_assert_uint_eq(mail.count, 8);
	for (size_t i = 0; i < mail.count; i++) {
		static const enum mail_role roles[] = {MAIL_TO, MAIL_TO, MAIL_TO, MAIL_TO, MAIL_CC, MAIL_BCC, MAIL_BCC, MAIL_REPLY};
		char address[] = "a@x";

		address[0] += (char)i;
		ck_assert_str_eq(mail.mailboxes[i].address, address);
		ck_assert_int_eq(mail.mailboxes[i].role, roles[i]);
	}
	ck_assert_str_eq(mail.mailboxes[3].name, "D");
	notify_mail_free(&mail);
}
END_TEST

START_TEST(test_dsn)
{
	static const char *const bad[] = {"", "https://host/1", "https://@host/1", "https://k y@host/1", "https://key@host",
	    "https://key@host/", "https://key@host/x", "ftp://key@host/1", "key@host/1", "https://key@/1"};
	char error[NOTIFY_URL_ERROR_SIZE];
	struct notify_dsn dsn;

	ck_assert(notify_dsn_check("https://0123abc@o1.ingest.example.io/42", error));
	ck_assert(notify_dsn_parse(&dsn, "http://key:old@[::1]:9000/a/b/42", error));
	ck_assert(!dsn.tls);
	ck_assert_str_eq(dsn.parts.user, "key");
	ck_assert_str_eq(dsn.project, "42");
	ck_assert_uint_eq(dsn.base, 4);
	notify_dsn_free(&dsn);
	for (size_t i = 0; i < COUNT(bad); i++) {
		ck_assert_msg(!notify_dsn_check(bad[i], error), "%s", bad[i]);
		ck_assert_msg(strncmp(error, "must ", 5) == 0, "%s: %s", bad[i], error);
		ck_assert_ptr_null(strstr(error, "host/1"));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notify_url");
	TCase *tcase = unit_case(suite, "urls");

	tcase_add_test(tcase, test_kinds);
	tcase_add_test(tcase, test_refused);
	tcase_add_test(tcase, test_bounds);
	tcase_add_test(tcase, test_parts);
	tcase_add_test(tcase, test_mail);
	tcase_add_test(tcase, test_mail_recipients);
	tcase_add_test(tcase, test_dsn);
	return unit_run(suite);
}
