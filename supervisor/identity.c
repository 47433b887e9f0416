/*
 * The workers' user and group. Looks them up once, at start, when waiting for a name service hurts nobody.
 */
#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "capability.h"

/* getpwnam(3) has several words for "no such user"; these are others. */
static bool
look_up_failed(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == EINTR || error == EIO || error == EAGAIN;
}

/* NULL with errno. A look-up that failed is not answered by the next name: that would be another user. */
static const struct passwd *
user_find(const char *configured)
{
	const char *name = configured != NULL ? configured : "exacheck";
	const struct passwd *user;

	errno = 0;
	user = getpwnam(name);
	if (user != NULL || configured != NULL || look_up_failed(errno))
		return user;
	errno = 0;
	return getpwnam("nobody");
}

static void
problem_tell(const char *what, const char *name, const char *key, char problem[static IDENTITY_PROBLEM_SIZE])
{
	if (look_up_failed(errno))
		snprintf(problem, IDENTITY_PROBLEM_SIZE, "cannot look up %s %s: %s", what, name, strerror(errno));
	else
		snprintf(problem, IDENTITY_PROBLEM_SIZE, "no %s %s on this system: create it or name another one as exacheck.%s",
		    what, name, key);
}

bool
identity_look_up(const struct global_options *options, struct identity *identity,
    char problem[static IDENTITY_PROBLEM_SIZE])
{
	const struct passwd *user;
	const struct group *group;

	*identity = (struct identity){.sandbox = options->sandbox};
	if ((user = user_find(options->user)) == NULL) {
		problem_tell("user", options->user != NULL ? options->user : "exacheck, and no nobody", "user", problem);
		return false;
	}
	identity->drop = user->pw_uid != 0;
	identity->uid = user->pw_uid;
	identity->gid = user->pw_gid;
	if (options->group == NULL)
		return true;
	errno = 0;
	if ((group = getgrnam(options->group)) == NULL) {
		problem_tell("group", options->group, "group", problem);
		return false;
	}
	identity->gid = group->gr_gid;
	return true;
}

bool
identity_find(const struct global_options *options, struct identity *identity)
{
	char problem[IDENTITY_PROBLEM_SIZE];

	if (geteuid() != 0 && !capabilities_effective(CAPABILITIES_IDENTITY)) {
		*identity = (struct identity){.sandbox = options->sandbox};
		if (options->user != NULL || options->group != NULL)
			log_info("started neither as root nor with CAP_SETUID, CAP_SETGID and CAP_SETPCAP: user and group have no effect, "
			    "workers run as uid %u", geteuid());
		return true;
	}
	if (identity_look_up(options, identity, problem))
		return true;
	log_errorx("%s", problem);
	return false;
}
