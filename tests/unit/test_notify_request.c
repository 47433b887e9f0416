/*
 * What requests are made of, URLs and payloads; and other programs' words without secrets.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/notify/json_payload.h"
#include "../../supervisor/notify/letter.h"
#include "../../supervisor/notify/request_url.h"
#include "../../supervisor/notify/scrub.h"
#include "unit.h"

START_TEST(test_urls)
{
	static const struct {
		const char *url, *path, *request;
		bool tls, query;
	} cases[] = {
		{"json://user:pass@h", "", "http://h/", false, true},
		{"json://h:81/a?x=y&-q=1&-r=a b&&-s", "/a", "https://h:81/a?q=1&r=a%20b&s=", true, true},
		{"json://[2001:db8::1]/?-q=1", "/api/", "http://[2001:db8::1]/api/", false, false},
		{"json://h/", "/a b\"<\xc3\xa9>%41", "http://h/a%20b%22%3C%C3%A9%3E%41", false, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char error[NOTIFY_URL_ERROR_SIZE], *url;
		struct notify_parts parts;

		ck_assert_msg(notify_parts_parse(&parts, cases[i].url, error), "%s", error);
		url = request_url(&parts, cases[i].tls, cases[i].path, cases[i].query);
		ck_assert_str_eq(url, cases[i].request);
		free(url);
		notify_parts_free(&parts);
	}
}
END_TEST

START_TEST(test_payload)
{
	char title[] = "Title", body[] = "Body \"x\"\n", error[NOTIFY_URL_ERROR_SIZE], *text;
	const struct letter letter = {.kind = LETTER_WARNING, .title = title, .body = body,
	    .data = json_pack("[{s:i}]", "a", 1), .summary = json_pack("{s:i}", "events", 1)};
	struct notify_parts parts;
	json_t *payload;

	ck_assert(notify_parts_parse(&parts, "json://h/?:message=text&:type=&:new=v%22&x=y&+h=i&:host=", error));
	text = json_payload(&letter, &parts);
	payload = json_loads(text, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(payload, "text")), body);
	ck_assert_str_eq(json_string_value(json_object_get(payload, "new")), "v\"");
	ck_assert_str_eq(json_string_value(json_object_get(payload, "version")), "1.0");
	ck_assert_str_eq(json_string_value(json_object_get(payload, "exacheck")), EXACHECK_VERSION);
	ck_assert(json_equal(json_object_get(payload, "events"), letter.data));
	ck_assert(json_equal(json_object_get(payload, "summary"), letter.summary));
	ck_assert_uint_eq(json_array_size(json_object_get(payload, "attachments")), 0);
	ck_assert_uint_eq(json_object_size(payload), 8);
	json_decref(payload);
	json_decref(letter.data);
	json_decref(letter.summary);
	free(text);
	notify_parts_free(&parts);
}
END_TEST

START_TEST(test_scrub)
{
	static const struct {
		const char *url, *text, *scrubbed;
	} cases[] = {
		{"slack://TokenA/TokenB", "error for tokena: TOKENB, TokenC", "error for ******: ******, TokenC"},
		{"x://user:p%40ss@h.example", "p%40ss p@ss user USERS example ex h", "****** **** **** ****S ******* ex h"},
		{"x://a-b-c_d/?t=1.2.3", "a-b-c_d, 1.2.3: a-b", "*******, *****: a-b"},
		{"mailto://a:b@cd", "mailto a b cd", "mailto a b cd"},
		{"nothing", "nothing is left of it", "******* is left of it"},
		{"x://aaaa", "aaaaaaa", "****aaa"},
		{"x://", "text", "text"},
		{"x://%41%42%43%44", "abcd %41%42%43%44", "**** ************"},
		{"x://a%00bcdefghij", "x a", "x a"},
		{"x://abcd%", "abcd abcd%", "abcd *****"},
		{"x://a:b@c/d", "no x://a:b@c/d: a b c d", "no x://*******: a b c d"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128] = "";

		strncpy(text, cases[i].text, sizeof(text) - 1);
		scrub_url(text, cases[i].url);
		ck_assert_str_eq(text, cases[i].scrubbed);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notify_request");
	TCase *tcase = unit_case(suite, "requests");

	tcase_add_test(tcase, test_urls);
	tcase_add_test(tcase, test_payload);
	tcase_add_test(tcase, test_scrub);
	return unit_run(suite);
}
