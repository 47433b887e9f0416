/*
 * One of several healthchecks that one ExaBGP runs: what it is called, and its own runtime directory.
 */
#ifndef EXACHECK_INSTANCE_H
#define EXACHECK_INSTANCE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct instance {
	char name[64];		  /* as it was given; without one, a number made of the options */
	char directory[PATH_MAX]; /* healthcheck-NAME in $EXACHECK_RUNTIME, /run/exacheck or what the service has */
};

/* name: NULL or empty: there is none. The same options make the same number. False: the directory's name is too long. */
bool instance_name(struct instance *, const char *name, int argc, char **argv);

/*
 * Make the directory that the instance's own is in, unless it is there. Returns the process that has the instance's, once
 * a predecessor that is ending has had time for that, which may block; 0: nobody has it, or it cannot be found out. Not for
 * the instance itself, see lock_holder.
 */
pid_t instance_taken(const struct instance *);

#endif
