/*
 * Who workers are and how they are confined, the same for all.
 */
#ifndef EXACHECK_IDENTITY_H
#define EXACHECK_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "config.h"

struct identity {
	bool drop; /* change to uid and gid: exacheck was started as root, or with the capabilities for it */
	uid_t uid;
	gid_t gid;
	int sandbox; /* enum sandbox_level */
};

#define IDENTITY_PROBLEM_SIZE 512

/* What identity_find does when started with the right to change identity, whoever asks. False with what is wrong as text. */
bool identity_look_up(const struct global_options *, struct identity *, char problem[static IDENTITY_PROBLEM_SIZE]);

/*
 * Look up the configuration's user and group (default: exacheck, else nobody). Started as another user than root
 * and without CAP_SETUID, CAP_SETGID and CAP_SETPCAP, workers stay that user. False after logging what is wrong.
 */
bool identity_find(const struct global_options *, struct identity *);

#endif
