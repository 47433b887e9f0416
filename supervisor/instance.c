/*
 * Names of healthchecks. Touches the environment and the directory of runtime directories. Invariant: different names
 * have different directories, whatever they are made of.
 */
#include "instance.h"

#include <bsd/string.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../common/digest.h"
#include "../common/monotime.h"
#include "lock.h"
#include "runtime_path.h"

#define RUNTIME_VARIABLE "EXACHECK_RUNTIME"
#define NAME_DIGITS "%016" PRIx64
#define PATIENCE_NS (2500 * NS_PER_MILLISECOND) /* a predecessor ends in half of this */
#define POLL_NS (20 * NS_PER_MILLISECOND)

/* A variable that is empty is as good as none. */
static const char *
unless_empty(const char *value)
{
	return value != NULL && *value != '\0' ? value : NULL;
}

/*
 * Where ours cannot be, as ExaBGP has another user than root, ExaBGP's own is as good: systemd.exec(5) tells all that a
 * service has, with colons between.
 */
static const char *
runtime_directory(int *length)
{
	const char *directory = unless_empty(getenv(RUNTIME_VARIABLE));
	const char *service = unless_empty(getenv("RUNTIME_DIRECTORY"));

	if (directory == NULL && service != NULL && geteuid() != 0 && access(runtime_directory_default(), W_OK) != 0) {
		*length = (int)strcspn(service, ":");
		return service;
	}
	if (directory == NULL)
		directory = runtime_directory_default();
	*length = (int)strlen(directory);
	return directory;
}

/* Each word counts with the NUL at its end. */
static uint64_t
words_number(int argc, char **argv)
{
	uint64_t digest = DIGEST_BEGIN;

	for (int i = 0; i < argc; i++)
		digest = digest_add(digest, argv[i], strlen(argv[i]) + 1);
	return digest;
}

/* What has no place in the name of a file is written as %XX; false: it is too long. */
static bool
file_name(const char *name, char *text, size_t size)
{
	size_t length = 0;

	for (; *name != '\0'; name++) {
		unsigned char byte = (unsigned char)*name;
		bool plain = byte > ' ' && byte < 0x7f && strchr("/%", byte) == NULL;

		if (length + sizeof("%00") > size)
			return false;
		length += (size_t)snprintf(text + length, size - length, plain ? "%c" : "%%%02X", byte);
	}
	return true;
}

bool
instance_name(struct instance *instance, const char *name, int argc, char **argv)
{
	char file[NAME_MAX - sizeof("healthcheck-")];
	const char *directory;
	int length;
	bool named = name != NULL && *name != '\0' &&
	    strlcpy(instance->name, name, sizeof(instance->name)) < sizeof(instance->name);

	if (!named)
		snprintf(instance->name, sizeof(instance->name), NAME_DIGITS, words_number(argc, argv));
	directory = runtime_directory(&length);
	return file_name(instance->name, file, sizeof(file)) &&
	    snprintf(instance->directory, sizeof(instance->directory), "%.*s/healthcheck-%s", length, directory, file) <
	    (int)sizeof(instance->directory);
}

pid_t
instance_taken(const struct instance *instance)
{
	const struct timespec pause = monotime_timespec(POLL_NS);
	monotime_t deadline = monotime_add(monotime_now(), PATIENCE_NS);
	char parent[PATH_MAX];
	pid_t holder;
	mode_t mask;

	strlcpy(parent, instance->directory, sizeof(parent));
	mask = umask(022); /* ExaBGP's would leave a directory that nobody can enter */
	mkdir(dirname(parent), 0755); /* if this fails, using it does, and is told */
	umask(mask);
	while ((holder = lock_holder(instance->directory)) > 0 && monotime_before(monotime_now(), deadline))
		nanosleep(&pause, NULL);
	return holder > 0 ? holder : 0;
}
