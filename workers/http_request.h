/*
 * One HTTP request to one address: a libcurl handle pinned to the address, bounded in everything that the
 * server sends, and the verdict on what came back. The handle runs in the caller's multi handle.
 */
#ifndef EXACHECK_HTTP_REQUEST_H
#define EXACHECK_HTTP_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/address.h"
#include "../common/methods/http.h"
#include "../common/monotime.h"
#include "../common/pattern.h"
#include "../common/result.h"
#include "tls_material.h"

#define HTTP_BODY_MAX (1024 * 1024) /* bytes of a body that are looked at */
#define HTTP_HEADERS_MAX (256 * 1024) /* bytes of all headers, trailers and interim answers of one request */
#define HTTP_REDIRECTS_MAX 5

struct status_range {
	long first, last;
};

/* What stays the same over all executions of a check; made once by http.c. */
struct http_setup {
	const struct http_args *args;
	char *host;		    /* the URL's, an IPv6 literal without brackets */
	uint16_t port;		    /* the URL's or its scheme's */
	bool tls;		    /* the URL is https */
	struct curl_slist *headers; /* the user's and ours */
	char *payload;		    /* or NULL */
	size_t payload_length;
	struct status_range *statuses; /* that pass */
	size_t status_count;	       /* 0: every status passes */
	struct pattern *pattern;       /* or NULL */
	struct tls_material material;
};

struct http_request {
	const struct http_setup *setup;
	struct address address;
	CURL *easy;		       /* NULL: not started, or could not be */
	struct curl_slist *connect_to; /* pins the address */
	int64_t limit_ns;	       /* what is left for this request */
	bool done;		       /* result holds the verdict */
	bool socket_failed;	       /* result holds why no socket could be had */
	bool headers_complete;	       /* of the final answer */
	bool headers_exceeded;
	bool body_exceeded; /* enough was read: the transfer was ended by us */
	bool out_of_memory;
	size_t headers_length, body_length, body_size;
	char *body;
	struct tls_peer peer;
	char detail[CURL_ERROR_SIZE];
	struct result result;
};

/*
 * Make the handle, to be added to a multi handle. request: zeroed. On failure returns false and the request is
 * done, with its result. http_request_free releases what it holds in every case; the handle must have left the
 * multi handle by then.
 */
bool http_request_start(struct http_request *, const struct http_setup *, const struct address *, monotime_t deadline);

/* libcurl is finished with the handle: make the verdict. */
void http_request_finish(struct http_request *, CURLcode);

void http_request_free(struct http_request *);

#endif
