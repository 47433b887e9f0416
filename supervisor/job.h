/*
 * A worker's job as a message: schedule, identity and encoded arguments.
 */
#ifndef EXACHECK_JOB_H
#define EXACHECK_JOB_H

#include <stdbool.h>

#include "../common/monotime.h"
#include "check.h"
#include "identity.h"

/* What a worker is to do. */
struct job {
	const char *name; /* of the check */
	const struct check_method *method;
	const void *args; /* the method's */
	monotime_t first; /* execution */
	int64_t interval_ns; /* start to start */
	const char *state;   /* for the process's title */
	const char *disable; /* path, NULL: none */
};

/* How far the sandbox must go: the configuration's level, unless the arguments do without. */
enum sandbox_level job_sandbox(const struct common_args *, const struct identity *);

/* Send the job over fd. Returns false with errno (EMSGSIZE: too long). */
bool job_write(int fd, const struct job *, const struct identity *);

/* The same for a check; first: the first execution. */
bool job_send(int fd, const struct check *, const struct identity *, monotime_t first);

#endif
