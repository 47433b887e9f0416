/*
 * A Sentry DSN: SCHEME://KEY[:SECRET]@HOST[:PORT][/PATH]/PROJECT (develop.sentry.dev, "Parsing the DSN").
 */
#ifndef EXACHECK_NOTIFY_DSN_H
#define EXACHECK_NOTIFY_DSN_H

#include "notify_parts.h"

struct notify_dsn {
	struct notify_parts parts; /* user: the key; password: the old secret, which nobody needs */
	bool tls;
	const char *project; /* the last part of the path, digits */
	size_t base;	     /* how long the path before it is, without the slash between */
};

/* As notify_parts_parse, to follow "dsn: "; notify_dsn_free ends it. */
bool notify_dsn_parse(struct notify_dsn *, const char *text, char error[static NOTIFY_URL_ERROR_SIZE]);
void notify_dsn_free(struct notify_dsn *);

#endif
