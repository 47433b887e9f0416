/*
 * exacheck-ctl: asks a running exacheck for something. Finds it by the lock on its runtime directory, which the kernel
 * answers for: a signal never goes to a process that does not hold it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/monotime.h"
#include "../lock.h"
#include "../upgrade_note.h"
#include "ctl.h"

/* For an upgrade: more than exacheck itself waits for each of its steps. */
#define UPGRADE_WAIT_NS (15 * NS_PER_SECOND)
#define POLL_NS (20 * NS_PER_MILLISECOND)

/* The exacheck of the directory, 0 after saying why there is none. */
static pid_t
exacheck_find(const char *directory)
{
	pid_t pid = lock_holder(directory);

	if (pid == -1)
		fprintf(stderr, "exacheck-ctl: cannot ask who holds %s/lock: %s\n", directory, strerror(errno));
	else if (pid == 0)
		fprintf(stderr, "exacheck-ctl: no exacheck holds %s/lock: is it running, and with this runtime_dir?\n",
		    directory);
	return pid > 0 ? pid : 0;
}

static bool
exacheck_signal(pid_t pid, int number)
{
	if (kill(pid, number) == 0)
		return true;
	fprintf(stderr, "exacheck-ctl: cannot signal exacheck (pid %d): %s\n", (int)pid, strerror(errno));
	return false;
}

static enum ctl_exit
legacy_reload(const char *directory, pid_t pid)
{
	(void)directory;
	if (!exacheck_signal(pid, SIGHUP))
		return CTL_FAILED;
	printf("exacheck (pid %d) was told to load its configuration anew; its log says what came of it\n", (int)pid);
	return CTL_DONE;
}

/* text holds what the note points into. */
static bool
note_read(const char *directory, char text[static UPGRADE_NOTE_SIZE], struct upgrade_note *note)
{
	return lock_read(directory, text, UPGRADE_NOTE_SIZE) && upgrade_note_parse(text, note);
}

/* Whether it went well or not, as soon as there is another note. */
static enum ctl_exit
upgrade_await(const char *directory, pid_t pid, const struct upgrade_note *before)
{
	const struct timespec pause = monotime_timespec(POLL_NS);
	monotime_t deadline = monotime_add(monotime_now(), UPGRADE_WAIT_NS);
	char text[UPGRADE_NOTE_SIZE];
	struct upgrade_note note;

	while (monotime_before(monotime_now(), deadline)) {
		nanosleep(&pause, NULL);
		if (!note_read(directory, text, &note))
			continue; /* it is just being written */
		if (note.upgrades != before->upgrades) {
			printf("exacheck (pid %d) was upgraded from %s to %s\n", (int)pid, before->version, note.version);
			return CTL_DONE;
		}
		if (note.refusals != before->refusals) {
			fprintf(stderr, "exacheck-ctl: exacheck %s (pid %d) goes on: %s\n", note.version, (int)pid, note.why);
			return CTL_FAILED;
		}
		if (lock_holder(directory) != pid) {
			fprintf(stderr, "exacheck-ctl: exacheck (pid %d) has ended\n", (int)pid);
			return CTL_FAILED;
		}
	}
	fprintf(stderr, "exacheck-ctl: exacheck (pid %d) does not say whether it was upgraded: see its log\n", (int)pid);
	return CTL_FAILED;
}

static enum ctl_exit
legacy_upgrade(const char *directory, pid_t pid)
{
	char text[UPGRADE_NOTE_SIZE];
	struct upgrade_note before;

	if (!note_read(directory, text, &before)) {
		fprintf(stderr, "exacheck-ctl: cannot read %s/lock, or there is nothing in it: upgrade with kill -USR2 %d\n",
		    directory, (int)pid);
		return CTL_FAILED;
	}
	return exacheck_signal(pid, SIGUSR2) ? upgrade_await(directory, pid, &before) : CTL_FAILED;
}


static enum ctl_exit
legacy(const struct ctl *ctl, enum ctl_exit (*run)(const char *directory, pid_t pid))
{
	pid_t pid = exacheck_find(ctl->runtime);

	return pid == 0 ? CTL_NOBODY : run(ctl->runtime, pid);
}

enum ctl_exit
command_reload_signal(const struct ctl *ctl)
{
	return legacy(ctl, legacy_reload);
}

enum ctl_exit
command_upgrade_signal(const struct ctl *ctl)
{
	return legacy(ctl, legacy_upgrade);
}
