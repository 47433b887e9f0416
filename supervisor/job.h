/*
 * A worker's job as a message: the check's schedule, identity and encoded arguments.
 */
#ifndef EXACHECK_JOB_H
#define EXACHECK_JOB_H

#include <stdbool.h>

#include "../common/monotime.h"
#include "check.h"
#include "identity.h"

/* How far this check's sandbox must go: the configuration's level, unless the check does without. */
enum sandbox_level job_sandbox(const struct check_config *, const struct identity *);

/* Send the job over fd; first: the first execution. Returns false with errno (EMSGSIZE: too long). */
bool job_send(int fd, const struct check *, const struct identity *, monotime_t first);

#endif
