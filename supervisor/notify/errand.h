/*
 * What a courier is sent to do, how it ended, and the kinds of delivery there are: one file each, in the table of
 * target.c.
 */
#ifndef EXACHECK_NOTIFY_ERRAND_H
#define EXACHECK_NOTIFY_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "../../common/notify_url.h"
#include "../../common/url.h"
#include "courier.h"

struct tls_material;

#define OUTCOME_TEXT_SIZE 160

struct outcome {
	enum courier_end end;
	char text[OUTCOME_TEXT_SIZE]; /* printable ASCII, see courier_done */
};

struct errand {
	const struct target *target;
	const char *url; /* of the target */
	const struct tls_material *tls;
	const struct letter *letter;
	int64_t limit_ns; /* of the whole of it */
};

/* Where a target's couriers go, and by what they know the one who is there. */
struct reach {
	char host[URL_HOST_SIZE]; /* "": only Apprise knows */
	unsigned port;
	bool tls, verify;
	char *ca_file; /* malloc'd; NULL: the system's certificates */
};

struct kind {
	const char *name; /* for people */
	bool execute;	  /* it runs the `apprise` command */
	/* Read what the URL says. False with error, which repeats nothing of it. */
	bool (*read)(const char *url, struct reach *, char error[static NOTIFY_URL_ERROR_SIZE]);
	/* In the courier, confined. */
	void (*deliver)(const struct errand *, struct outcome *);
	/* What is left once the outcome is reported: nothing waits for it, and it may be ended at any time. NULL: nothing. */
	void (*part)(void);
};

extern const struct kind kind_json, kind_mail, kind_sentry, kind_apprise;

/* Set it, cut to size; what is not printable ASCII is replaced. */
void outcome_set(struct outcome *, enum courier_end, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
