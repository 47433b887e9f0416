/*
 * Requests of HTTP. Invariant: whether they are repeated is decided here, by the status alone.
 */
#include "post.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_HTTP 80
#define PORT_HTTPS 443

void
post_reach(struct reach *reach, const struct notify_parts *parts, bool tls, bool verify)
{
	snprintf(reach->host, sizeof(reach->host), "%s", parts->host);
	reach->port = parts->port != 0 ? parts->port : tls ? PORT_HTTPS : PORT_HTTP;
	reach->tls = tls;
	reach->verify = tls && verify;
}

bool
post_header(struct curl_slist **list, const char *name, const char *value)
{
	struct curl_slist *longer = NULL;
	char *line;

	/* without a value it tells libcurl to send no such header */
	if (asprintf(&line, "%s: %s", name, value) == -1)
		return false;
	longer = curl_slist_append(*list, line);
	explicit_bzero(line, strlen(line));
	free(line);
	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

static void
outcome_by_status(struct outcome *outcome, long status)
{
	static const long later[] = {408, 425, 429};
	enum courier_end end = status >= 500 ? COURIER_LATER : COURIER_NEVER;

	if (status >= 200 && status < 300) {
		outcome_set(outcome, COURIER_DELIVERED, "HTTP status %ld", status);
		return;
	}
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (status == later[i])
			end = COURIER_LATER;
	outcome_set(outcome, end, "HTTP status %ld%s", status, status >= 300 && status < 400 ?
	    ": redirects are not followed" : status == 401 || status == 403 ? ": user, password or token are refused" : "");
}

static void
request_set(struct carrier *carrier, const struct post *post)
{
	CARRIER_SET(carrier, CURLOPT_URL, post->url);
	CARRIER_SET(carrier, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	CARRIER_SET(carrier, CURLOPT_USERAGENT, "exacheck/" EXACHECK_VERSION);
	CARRIER_SET(carrier, CURLOPT_HTTPHEADER, post->headers);
	if (strcmp(post->method, "HEAD") == 0) {
		CARRIER_SET(carrier, CURLOPT_NOBODY, 1L); /* nothing is asked and nothing told but its address */
	} else {
		CARRIER_SET(carrier, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->length);
		CARRIER_SET(carrier, CURLOPT_POSTFIELDS, post->body);
		CARRIER_SET(carrier, CURLOPT_CUSTOMREQUEST, post->method);
	}
	if (post->user != NULL) {
		CARRIER_SET(carrier, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		CARRIER_SET(carrier, CURLOPT_USERNAME, post->user);
		CARRIER_SET(carrier, CURLOPT_PASSWORD, post->password != NULL ? post->password : "");
	}
	if (post->connect_s > 0)
		CARRIER_SET(carrier, CURLOPT_CONNECTTIMEOUT_MS, (long)ceil(post->connect_s * 1000));
	if (post->read_s > 0) {
		CARRIER_SET(carrier, CURLOPT_LOW_SPEED_LIMIT, 1L);
		CARRIER_SET(carrier, CURLOPT_LOW_SPEED_TIME, (long)ceil(post->read_s));
	}
}

void
post_send(const struct post *post, const struct errand *errand, const struct reach *reach, struct outcome *outcome)
{
	struct carrier carrier;
	long status = 0;

	if (carrier_begin(&carrier, errand, reach, outcome)) {
		request_set(&carrier, post);
		carrier_run(&carrier, &status, outcome);
		/* an answer counts also where its body is too long, or does not end */
		if (status >= 200)
			outcome_by_status(outcome, status);
	}
	carrier_end(&carrier);
}
