/*
 * What exacheck-notify is to do: its setup, the first line that it is told.
 */
#ifndef EXACHECK_NOTIFY_ORDERS_H
#define EXACHECK_NOTIFY_ORDERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "summary.h"

/* A notification of the configuration. */
struct orders_target {
	char *name;
	char *url; /* a secret */
	struct digest_rules rules;
	int64_t rate; /* letters a minute */
	int64_t timeout_ns, retry_ns;
};

struct orders {
	char *host, *version;
	struct sender sender; /* these two */
	int64_t pid;	      /* of exacheck */
	struct orders_target *targets;
	size_t target_count;
	char *dsn; /* a secret; NULL: nothing is reported to sentry */
	double sample_rate;
};

/* Returns false where this is no setup, or out of memory; what it is about in *where. Free it in either case. */
bool orders_read(struct orders *, const json_t *setup, const char **where);
/* Once targets have been made of them: URLs and DSN are overwritten, and empty. */
void orders_forget_secrets(struct orders *);
/* Secrets are overwritten. */
void orders_free(struct orders *);

#endif
