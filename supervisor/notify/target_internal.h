/*
 * A target, as couriers need it.
 */
#ifndef EXACHECK_NOTIFY_TARGET_INTERNAL_H
#define EXACHECK_NOTIFY_TARGET_INTERNAL_H

#include <bsd/sys/queue.h>

#include "../../workers/tls_material.h"
#include "errand.h"
#include "target.h"

struct target {
	LIST_ENTRY(target) entry;
	char *name;
	char *url; /* the secret: taken apart in couriers only */
	const struct kind *kind;
	struct reach reach;
	struct tls_material tls;
};

/* In a courier: all other targets' URLs are gone from its memory. */
void targets_forget_but(const struct target *);

#endif
