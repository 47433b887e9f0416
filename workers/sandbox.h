/*
 * The worker's sandbox: computed from what its check needs, entered once, before the first execution.
 * Identity (uid, gid, groups, capabilities) and no_new_privs are applied here; each further mechanism
 * (rlimits, Landlock, seccomp) is one file behind this header.
 */
#ifndef EXACHECK_SANDBOX_H
#define EXACHECK_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/message.h"
#include "../common/methods/method.h"

struct sandbox_profile {
	enum sandbox_level level;
	bool drop_identity; /* change to uid and gid: only when started as root */
	uid_t uid;
	gid_t gid;
	bool keep_mark; /* SO_MARK is needed at every execution: keep CAP_NET_ADMIN */
};

/* The least that a check of this method with these arguments needs. */
void sandbox_profile(struct sandbox_profile *, const struct check_method *, const void *args);

/*
 * Enter. What was applied goes to report (size bytes), e.g. "identity no_new_privs". Returns false with
 * the reason in report when something that the profile demands could not be applied.
 */
bool sandbox_enter(const struct sandbox_profile *, char *report, size_t size);

#endif
