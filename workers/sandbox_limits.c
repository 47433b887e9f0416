/*
 * rlimits, from a table. A native worker never comes near them: they bound what a fault in it, or in a library, takes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "sandbox_mechanism.h"

#define MEGABYTE ((rlim_t)1024 * 1024)

/* Of several rows for one limit the last that applies counts. */
static const struct {
	int resource;
	unsigned only, never; /* needs: at least one of these (0: any), none of those */
	rlim_t limit;
	bool soft; /* leave the hard limit */
	const char *name;
} limits[] = {
	{RLIMIT_CORE, 0, 0, 0, false, "core"},
	{RLIMIT_FSIZE, 0, NEED_COMMANDS, 0, false, "fsize"},
	{RLIMIT_NPROC, 0, NEED_COMMANDS | NEED_THREADS, 0, false, "nproc"},
	{RLIMIT_NOFILE, 0, NEED_COMMANDS, 128, false, "nofile"},
	/* exacheck raises its own; programs expect the usual */
	{RLIMIT_NOFILE, NEED_COMMANDS, 0, 1024, true, "nofile"},
#ifndef SANDBOX_SANITIZED
	{RLIMIT_DATA, 0, NEED_COMMANDS | NEED_HTTP, 64 * MEGABYTE, false, "data"},
	{RLIMIT_DATA, NEED_HTTP, 0, 256 * MEGABYTE, false, "data"},
#endif
};

static bool
limit_set(int resource, rlim_t value, bool soft)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) == -1)
		return false;
	if (limit.rlim_cur > value || limit.rlim_cur == RLIM_INFINITY)
		limit.rlim_cur = value;
	if (!soft && limit.rlim_max > limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

enum mechanism_end
limits_enter(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	unsigned needs = sandbox->profile.needs;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if ((limits[i].only != 0 && (limits[i].only & needs) == 0) || (limits[i].never & needs) != 0)
			continue;
		if (limit_set(limits[i].resource, limits[i].limit, limits[i].soft))
			continue;
		snprintf(text, MECHANISM_TEXT_SIZE, "%s: %s", limits[i].name, strerror(errno));
		return MECHANISM_FAILED;
	}
	return MECHANISM_APPLIED;
}
