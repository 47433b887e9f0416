/*
 * Who the worker is. Touches its credentials only.
 */
#include <cap-ng.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox_mechanism.h"

static enum mechanism_end
identity_change(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	int status = capng_change_id((int)sandbox->uid, (int)sandbox->gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);

	if (status == 0) {
		snprintf(text, MECHANISM_TEXT_SIZE, "uid %u gid %u", sandbox->uid, sandbox->gid);
		return MECHANISM_APPLIED;
	}
	snprintf(text, MECHANISM_TEXT_SIZE, "cannot change to uid %u, gid %u: step %d: %s", sandbox->uid, sandbox->gid, status,
	    strerror(errno));
	return MECHANISM_FAILED;
}

static enum mechanism_end
capabilities_drop(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	bool applied;

	/* checks that are configured to run as root do so for what root may */
	if (geteuid() == 0)
		return MECHANISM_IDLE;
	/* a file capability must not outlive what needed it */
	applied = capng_apply(CAPNG_SELECT_CAPS) == 0;
	if (!applied && sandbox->profile.mark) {
		/* it was not given: setting the mark will tell */
		capng_clear(CAPNG_SELECT_ALL);
		applied = capng_apply(CAPNG_SELECT_CAPS) == 0;
	}
	if (applied) {
		snprintf(text, MECHANISM_TEXT_SIZE, "%s", sandbox->profile.mark ? "CAP_NET_ADMIN at most" : "no capabilities");
		return MECHANISM_APPLIED;
	}
	snprintf(text, MECHANISM_TEXT_SIZE, "cannot drop capabilities: %s", strerror(errno));
	return MECHANISM_FAILED;
}

enum mechanism_end
identity_enter(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	enum mechanism_end end;

	capng_clear(CAPNG_SELECT_ALL);
	if (sandbox->profile.mark) /* SO_MARK is set at every execution */
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	end = sandbox->drop_identity ? identity_change(sandbox, text) : capabilities_drop(sandbox, text);
	/* cleared by a change of identity, hence after it; the supervisor's end of the channel covers the gap */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return end;
}

enum mechanism_end
privileges_enter(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	(void)sandbox;
	/* not dumpable: neither a core file nor another process of the same user sees the memory */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0)
		return MECHANISM_APPLIED;
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", strerror(errno));
	return MECHANISM_FAILED;
}
