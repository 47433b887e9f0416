/*
 * json:// and jsons://: what a webhook's URL says of its requests, with the parameters that Apprise has.
 */
#ifndef EXACHECK_NOTIFY_JSON_H
#define EXACHECK_NOTIFY_JSON_H

#include "notify_parts.h"

struct notify_json {
	struct notify_parts parts; /* '+': headers, '-': of the query, ':': of the payload */
	bool tls;
	bool verify;	    /* certificates */
	const char *method; /* in capitals */
	double connect_s;   /* bound on connecting; 0: the letter's alone */
	double read_s;	    /* bound on the time without a byte; 0: the letter's alone */
};

/* As notify_parts_parse; notify_json_free ends it. */
bool notify_json_parse(struct notify_json *, const char *url, char error[static NOTIFY_URL_ERROR_SIZE]);
void notify_json_free(struct notify_json *);

/* Whether text may be a header's name (a token of RFC 9110, 5.1). */
bool notify_header_name(const char *text);

#endif
