/*
 * Webhooks, json:// and jsons://: a map of JSON that holds what Apprise's does, and more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../common/notify_json.h"
#include "letter.h"
#include "json_payload.h"
#include "post.h"
#include "request_url.h"
#include "target.h"

static bool
json_url_read(const char *url, struct reach *reach, char error[static NOTIFY_URL_ERROR_SIZE])
{
	struct notify_json json;
	bool copied;

	if (!notify_json_parse(&json, url, error))
		return false;
	post_reach(reach, &json.parts, json.tls, json.verify);
	copied = notify_parts_ca_file(&json.parts, &reach->ca_file);
	notify_json_free(&json);
	return copied || notify_url_refuse(error, "cannot be read: out of memory");
}

static bool
header_given(const struct notify_parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->count; i++)
		if (parts->parameters[i].sign == '+' && strcasecmp(parts->parameters[i].name, name) == 0)
			return true;
	return false;
}

/* False: out of memory. */
static bool
headers_make(const struct notify_json *json, struct curl_slist **headers)
{
	bool made = post_header(headers, "Expect", "") &&
	    (header_given(&json->parts, "Content-Type") || post_header(headers, "Content-Type", "application/json"));

	for (size_t i = 0; made && i < json->parts.count; i++)
		if (json->parts.parameters[i].sign == '+')
			made = post_header(headers, json->parts.parameters[i].name, json->parts.parameters[i].value);
	return made;
}

static void
request_send(const struct errand *errand, const struct notify_json *json, struct post *post, struct outcome *outcome)
{
	char *url = request_url(&json->parts, json->tls, json->parts.path, true);
	char *body = json_payload(errand->letter, &json->parts);
	struct reach reach = {0};

	if (url != NULL && body != NULL && headers_make(json, &post->headers)) {
		post_reach(&reach, &json->parts, json->tls, json->verify);
		post->url = url;
		post->body = body;
		post->length = strlen(body);
		post_send(post, errand, &reach, outcome);
	} else {
		outcome_set(outcome, COURIER_LATER, "out of memory");
	}
	curl_slist_free_all(post->headers);
	free(url);
	free(body);
}

static void
json_deliver(const struct errand *errand, struct outcome *outcome)
{
	char error[NOTIFY_URL_ERROR_SIZE];
	struct notify_json json;
	struct post post;

	if (!notify_json_parse(&json, errand->url, error)) {
		outcome_set(outcome, COURIER_LATER, "out of memory"); /* it has been parsed before */
		return;
	}
	post = (struct post){.method = json.method, .user = json.parts.user, .password = json.parts.password,
	    .connect_s = json.connect_s, .read_s = json.read_s};
	request_send(errand, &json, &post, outcome);
	notify_json_free(&json);
}

const struct kind kind_json = {.name = "json", .read = json_url_read, .deliver = json_deliver};
