/*
 * The workers' user and group. Looks them up once, at start, when waiting for a name service hurts nobody.
 */
#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "../common/log.h"

static const struct passwd *
user_find(const char *configured)
{
	const struct passwd *user;

	if (configured != NULL)
		return getpwnam(configured);
	user = getpwnam("exacheck");
	return user != NULL ? user : getpwnam("nobody");
}

bool
identity_look_up(const struct global_options *options, struct identity *identity,
    char problem[static IDENTITY_PROBLEM_SIZE])
{
	const struct passwd *user;
	const struct group *group;

	*identity = (struct identity){.sandbox = options->sandbox};
	if ((user = user_find(options->user)) == NULL) {
		snprintf(problem, IDENTITY_PROBLEM_SIZE,
		    "no user %s on this system: create it or name another one as exacheck.user",
		    options->user != NULL ? options->user : "exacheck, and no nobody");
		return false;
	}
	identity->drop = user->pw_uid != 0;
	identity->uid = user->pw_uid;
	identity->gid = user->pw_gid;
	if (options->group == NULL)
		return true;
	if ((group = getgrnam(options->group)) == NULL) {
		snprintf(problem, IDENTITY_PROBLEM_SIZE,
		    "no group %s on this system: create it or name another one as exacheck.group", options->group);
		return false;
	}
	identity->gid = group->gr_gid;
	return true;
}

bool
identity_find(const struct global_options *options, struct identity *identity)
{
	char problem[IDENTITY_PROBLEM_SIZE];

	if (geteuid() != 0) {
		*identity = (struct identity){.sandbox = options->sandbox};
		if (options->user != NULL || options->group != NULL)
			log_info("not started as root: user and group have no effect, workers run as uid %u", geteuid());
		return true;
	}
	if (identity_look_up(options, identity, problem))
		return true;
	log_errorx("%s", problem);
	return false;
}
