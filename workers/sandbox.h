/*
 * The sandbox of a worker and of its spawner: what common/sandbox.h says a check needs, made by the mechanisms of
 * sandbox_mechanism.h and entered once, before the first execution.
 */
#ifndef EXACHECK_SANDBOX_H
#define EXACHECK_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../common/methods/method.h"
#include "../common/sandbox.h"

struct sandbox {
	enum sandbox_level level;
	bool drop_identity; /* change to uid and gid: only when started as root */
	uid_t uid;
	gid_t gid;
	struct sandbox_profile profile;
};

/*
 * In a spawner, once its libraries are loaded: make what workers of this method will enter, and confine the spawner to
 * reading files, making workers and what these may do, since they inherit it. For a method that runs commands only
 * no_new_privs and the look at its memory; at level off nothing. Returns false with the reason in error (size bytes).
 */
bool sandbox_enter_spawner(const struct check_method *, enum sandbox_level, char *error, size_t size);

/*
 * In a worker: enter. What was applied goes to report (size bytes), for people. Returns false with the reason in report
 * when something could not be applied; at level best_effort a mechanism that the kernel does not have is only reported.
 */
bool sandbox_enter(const struct sandbox *, char *report, size_t size);

/*
 * Whether a file that the sandbox leaves readable is another one by now (replaced by rename, come, gone): rights are bound
 * to the file, not to its name, and cannot be had anew. Only a new worker can.
 */
bool sandbox_stale(void);

#endif
