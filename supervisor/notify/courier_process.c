/*
 * A courier's life: forget what is not its own, be confined, deliver, say what came of it. Invariant: it has no
 * descriptor but the one that it reports to.
 */
#include "courier_process.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../common/signals_default.h"
#include "courier_cage.h"
#include "target_internal.h"

#define DESCRIPTORS_MAX 4096

/* All but the standard ones, which are /dev/null, and this one. */
static void
descriptors_close(int kept)
{
	struct rlimit limit;
	int count = DESCRIPTORS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS_MAX)
		count = (int)limit.rlim_cur;
	for (int fd = STDERR_FILENO + 1; fd < count; fd++)
		if (fd != kept)
			close(fd);
}

_Noreturn void
courier_process(const struct errand *errand, int report)
{
	static struct outcome outcome; /* zeroed: what is written holds nothing else of this memory */
	const struct target *target = errand->target;
	bool reported;

	setpgid(0, 0);
	signals_default();
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	targets_forget_but(target);
	descriptors_close(report);
	if (courier_cage_enter(target->kind, &target->reach))
		target->kind->deliver(errand, &outcome);
	else
		outcome_set(&outcome, COURIER_LATER, "its process could not be confined");
	/* smaller than PIPE_BUF: whole or not at all */
	reported = write(report, &outcome, sizeof(outcome)) == sizeof(outcome);
	if (target->kind->part != NULL)
		target->kind->part();
	_exit(reported ? 0 : 1);
}
