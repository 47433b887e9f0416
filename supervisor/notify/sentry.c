/*
 * Sentry: an event in an envelope (develop.sentry.dev, "Envelopes").
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/json_dump.h"
#include "../../common/notify_dsn.h"
#include "letter.h"
#include "post.h"
#include "request_url.h"
#include "target.h"

static bool
sentry_dsn_read(const char *text, struct reach *reach, char error[static NOTIFY_URL_ERROR_SIZE])
{
	struct notify_dsn dsn;

	if (!notify_dsn_parse(&dsn, text, error))
		return false;
	post_reach(reach, &dsn.parts, dsn.tls, true);
	notify_dsn_free(&dsn);
	return true;
}

/* Three lines: of the envelope, of its one item, and that. malloc'd; NULL: out of memory. */
static char *
envelope_make(json_t *event)
{
	const char *id = json_string_value(json_object_get(event, "event_id"));
	char *item = json_dump(event, JSON_COMPACT), *envelope = NULL;

	if (item != NULL && asprintf(&envelope, "{\"event_id\":\"%s\"}\n{\"type\":\"event\",\"length\":%zu,"
	    "\"content_type\":\"application/json\"}\n%s\n", id != NULL ? id : "", strlen(item), item) == -1)
		envelope = NULL;
	free(item);
	return envelope;
}

static bool
headers_make(const struct notify_dsn *dsn, struct curl_slist **headers)
{
	char *auth;
	bool made;

	if (asprintf(&auth, "Sentry sentry_version=7, sentry_client=exacheck/" EXACHECK_VERSION ", sentry_key=%s",
	    dsn->parts.user) == -1)
		return false;
	made = post_header(headers, "Content-Type", "application/x-sentry-envelope") && post_header(headers, "Expect", "") &&
	    post_header(headers, "X-Sentry-Auth", auth);
	free(auth);
	return made;
}

static char *
path_make(const struct notify_dsn *dsn)
{
	char *path;

	return asprintf(&path, "%.*s/api/%s/envelope/", (int)dsn->base, dsn->parts.path, dsn->project) == -1 ? NULL : path;
}

static void
sentry_deliver(const struct errand *errand, struct outcome *outcome)
{
	char error[NOTIFY_URL_ERROR_SIZE], *path = NULL, *url = NULL, *envelope = NULL;
	struct notify_dsn dsn;
	struct post post = {.method = "POST"};
	struct reach reach = {0};

	outcome_set(outcome, COURIER_LATER, "out of memory"); /* the DSN has been parsed before */
	if (!notify_dsn_parse(&dsn, errand->url, error))
		return;
	if ((path = path_make(&dsn)) != NULL && (url = request_url(&dsn.parts, dsn.tls, path, false)) != NULL &&
	    (envelope = envelope_make(errand->letter->data)) != NULL && headers_make(&dsn, &post.headers)) {
		post_reach(&reach, &dsn.parts, dsn.tls, true);
		post.url = url;
		post.body = envelope;
		post.length = strlen(envelope);
		post_send(&post, errand, &reach, outcome);
	}
	curl_slist_free_all(post.headers);
	free(envelope);
	free(url);
	free(path);
	notify_dsn_free(&dsn);
}

const struct kind kind_sentry = {.name = "sentry", .read = sentry_dsn_read, .deliver = sentry_deliver};
