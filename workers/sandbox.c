/*
 * Entering the sandbox: one step per mechanism, in the order in which each still can be done. Invariant:
 * identity is dropped first, so that nothing after it can undo it.
 */
#include "sandbox.h"

#include <bsd/string.h>
#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void
sandbox_profile(struct sandbox_profile *profile, const struct check_method *method, const void *args)
{
	const struct remote_args *remote = args;

	if (((const struct common_args *)args)->sandbox == SANDBOX_OFF)
		profile->level = SANDBOX_LEVEL_OFF;
	profile->keep_mark = method->remote && remote->mark != OPTION_UNSET;
}

/* uid, gid, groups and capabilities. As root without a change of identity nothing can be taken away. */
static bool
identity_enter(const struct sandbox_profile *profile, char *error, size_t size)
{
	int status;

	capng_clear(CAPNG_SELECT_BOTH);
	if (profile->keep_mark)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (profile->drop_identity) {
		status = capng_change_id((int)profile->uid, (int)profile->gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
		if (status != 0) {
			snprintf(error, size, "cannot change to uid %u, gid %u: step %d: %s", profile->uid, profile->gid,
			    status, strerror(errno));
			return false;
		}
	} else if (geteuid() != 0 && !profile->keep_mark && capng_apply(CAPNG_SELECT_CAPS) != 0) {
		/* a file capability must not outlive what needed it */
		snprintf(error, size, "cannot drop capabilities: %s", strerror(errno));
		return false;
	}
	return true;
}

static bool
no_new_privs_enter(char *error, size_t size)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return true;
	snprintf(error, size, "no_new_privs: %s", strerror(errno));
	return false;
}

bool
sandbox_enter(const struct sandbox_profile *profile, char *report, size_t size)
{
	char error[128];

	strlcpy(report, "", size);
	if (!identity_enter(profile, error, sizeof(error))) {
		strlcpy(report, error, size);
		return false;
	}
	if (profile->drop_identity)
		strlcat(report, "identity", size);
	if (profile->level == SANDBOX_LEVEL_OFF)
		return true;
	if (!no_new_privs_enter(error, sizeof(error))) {
		strlcpy(report, error, size);
		return profile->level != SANDBOX_LEVEL_STRICT;
	}
	strlcat(report, report[0] != '\0' ? " no_new_privs" : "no_new_privs", size);
	return true;
}
