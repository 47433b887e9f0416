/*
 * A request of HTTP that hands something over: webhooks and sentry.
 */
#ifndef EXACHECK_NOTIFY_POST_H
#define EXACHECK_NOTIFY_POST_H

#include "../../common/notify_parts.h"
#include "carrier.h"

struct post {
	const char *url;
	const char *method;
	const char *user, *password; /* NULL: none */
	struct curl_slist *headers;
	const char *body;
	size_t length;
	double connect_s, read_s; /* further bounds; 0: none */
};

/* Hand it over; the outcome is by the answer's status. */
void post_send(const struct post *, const struct errand *, const struct reach *, struct outcome *);

/* Where it goes: to the host of these parts, whose certificate is verified if it has one. */
void post_reach(struct reach *, const struct notify_parts *, bool tls, bool verify);

/* Append "NAME: VALUE"; false: out of memory, and the list is as before. */
bool post_header(struct curl_slist **, const char *name, const char *value);

#endif
