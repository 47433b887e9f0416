/*
 * One transfer by libcurl, for HTTP and SMTP alike. Only couriers use it.
 */
#ifndef EXACHECK_NOTIFY_CARRIER_H
#define EXACHECK_NOTIFY_CARRIER_H

#include <curl/curl.h>

#include "../../workers/tls_material.h"
#include "errand.h"

struct carrier {
	CURL *easy;
	const struct errand *errand;
	struct curl_slist *resolved; /* the host's addresses */
	struct tls_peer peer;
	CURLcode failed; /* the first option that could not be set */
	size_t answered; /* bytes of the answer's body */
};

/* Before there are couriers, and before the sandbox: what libcurl and OpenSSL read from files. False: out of memory. */
bool carrier_load(void);

/*
 * Begin for this errand: the host is looked up, bounds and certificates are set; the URL and what is sent are the
 * caller's to set. False with the outcome. carrier_end ends it in either case.
 */
bool carrier_begin(struct carrier *, const struct errand *, const struct reach *, struct outcome *);

/* Set an option of text or number; the first that fails is kept, and is carrier_run's outcome. */
#define CARRIER_SET(CARRIER, OPTION, VALUE) ((CARRIER)->failed = (CARRIER)->failed != CURLE_OK ? (CARRIER)->failed : \
	curl_easy_setopt((CARRIER)->easy, (OPTION), (VALUE)))

/*
 * Transfer. Returns whether all of it was done; answer: the last code that the server answered with (of HTTP or
 * SMTP), 0: none. If it was not done the outcome says why, to be tried again.
 */
bool carrier_run(struct carrier *, long *answer, struct outcome *);
void carrier_end(struct carrier *);

#endif
