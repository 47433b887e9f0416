/*
 * URLs of notifications: parsing and all that is made of them: requests, mails, what is scrubbed. Whatever the URL,
 * what is sent holds no line that it began, and what is refused says nothing of it.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/notify_json.h"
#include "../../common/notify_mail.h"
#include "../../supervisor/notify/json_payload.h"
#include "../../supervisor/notify/letter.h"
#include "../../supervisor/notify/mail_text.h"
#include "../../supervisor/notify/request_url.h"
#include "../../supervisor/notify/scrub.h"
#include "fuzz.h"

static void
one_line(const char *text)
{
	for (; *text != '\0'; text++)
		FUZZ_ASSERT((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void
json_try(const char *url, const struct letter *letter)
{
	char error[NOTIFY_URL_ERROR_SIZE], *request, *payload;
	struct notify_json json;

	if (!notify_json_parse(&json, url, error))
		return;
	FUZZ_ASSERT((request = request_url(&json.parts, json.tls, json.parts.path, true)) != NULL);
	for (const char *c = request; *c != '\0'; c++)
		FUZZ_ASSERT(*c > ' ' && *c <= '~');
	for (size_t i = 0; i < json.parts.count; i++)
		one_line(json.parts.parameters[i].value);
	FUZZ_ASSERT((payload = json_payload(letter, &json.parts)) != NULL);
	free(payload);
	free(request);
	notify_json_free(&json);
}

static void
mail_try(const char *url, const struct letter *letter)
{
	static const struct mail_stamp stamp = {.at = 1700000000};
	char error[NOTIFY_URL_ERROR_SIZE], *text;
	struct notify_mail mail;
	size_t headers = 0;

	if (!notify_mail_parse(&mail, url, error))
		return;
	FUZZ_ASSERT((text = mail_text(&mail, letter, &stamp)) != NULL);
	for (const char *line = text; strncmp(line, "\r\n", 2) != 0; line = strstr(line, "\r\n") + 2) {
		headers += line[0] != ' ';
		FUZZ_ASSERT(strcspn(line, "\r\n") == (size_t)(strstr(line, "\r\n") - line));
	}
	/* ours, those of the URL, and no others */
	FUZZ_ASSERT(headers <= 12 + mail.parts.count);
	for (size_t i = 0; i < mail.count; i++) {
		one_line(mail.mailboxes[i].address);
		FUZZ_ASSERT(strpbrk(mail.mailboxes[i].address, "<> \"") == NULL);
	}
	free(text);
	notify_mail_free(&mail);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char title[] = "A title", body[] = "A body.\nof lines\n";
	char *url = malloc(size + 1), *text = strdup("some text http json mail 127.0.0.1");
	char error[NOTIFY_URL_ERROR_SIZE] = "";
	struct letter letter = {.title = title, .body = body, .data = json_array()};
	enum notify_url_kind kind;

	FUZZ_ASSERT(url != NULL && text != NULL);
	memcpy(url, data, size);
	url[size] = '\0';
	if (!notify_url_check(url, &kind, error))
		FUZZ_ASSERT(error[0] != '\0');
	notify_dsn_check(url, error);
	json_try(url, &letter);
	mail_try(url, &letter);
	scrub_url(text, url);
	json_decref(letter.data);
	free(text);
	free(url);
	return 0;
}
