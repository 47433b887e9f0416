/*
 * Children. Touches processes that it has made, and SIGCHLD. Invariant: each is told of once or killed, and none
 * lives longer than this process, or than it may.
 */
#include "offspring.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../common/monotime.h"

#define NICEST 19
#define LAST_NS (100 * NS_PER_MILLISECOND) /* at the end, for all that are killed */

struct offspring {
	LIST_ENTRY(offspring) entry;
	pid_t pid; /* and its group */
	struct event *limit;
	offspring_ended *ended; /* NULL: nobody asks any more */
	void *context;
};

static struct {
	struct event_base *base;
	struct event *reaper;
	LIST_HEAD(, offspring) all;
} nursery = {.all = LIST_HEAD_INITIALIZER(nursery.all)};

static void
offspring_free(struct offspring *offspring)
{
	LIST_REMOVE(offspring, entry);
	if (offspring->limit != NULL)
		event_free(offspring->limit);
	free(offspring);
}

static void
offspring_shoot(const struct offspring *offspring)
{
	kill(-offspring->pid, SIGKILL);
	kill(offspring->pid, SIGKILL);
}

/* Whether it has ended; then it is reaped, after what it has left behind was killed, while the number is its own. */
static bool
offspring_reap(const struct offspring *offspring, int *status)
{
	siginfo_t info = {0};

	if (waitid(P_PID, (id_t)offspring->pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 || info.si_pid == 0)
		return false;
	kill(-offspring->pid, SIGKILL);
	return waitpid(offspring->pid, status, WNOHANG) == offspring->pid;
}

static void
reap(evutil_socket_t number, short what, void *context)
{
	struct offspring *offspring, *next;
	int status;

	(void)number;
	(void)what;
	(void)context;
	LIST_FOREACH_SAFE(offspring, &nursery.all, entry, next) {
		offspring_ended *ended = offspring->ended;
		void *whose = offspring->context;

		if (!offspring_reap(offspring, &status))
			continue;
		offspring_free(offspring);
		if (ended == NULL)
			continue;
		ended(whose, status);
		/* which may have changed the list */
		event_active(nursery.reaper, EV_SIGNAL, 1);
		return;
	}
}

static void
too_long(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	offspring_shoot(context);
}

bool
offspring_begin(struct event_base *base)
{
	nursery.base = base;
	nursery.reaper = evsignal_new(base, SIGCHLD, reap, NULL);
	return nursery.reaper != NULL && event_add(nursery.reaper, NULL) == 0;
}

/* Reap it, given some time: what was killed is soon, unless it waits for a disk. */
static void
offspring_await(const struct offspring *offspring, monotime_t deadline)
{
	const struct timespec pause = monotime_timespec(NS_PER_MILLISECOND);
	int status;

	while (!offspring_reap(offspring, &status) && monotime_before(monotime_now(), deadline))
		nanosleep(&pause, NULL);
}

void
offspring_end(void)
{
	monotime_t deadline = monotime_add(monotime_now(), LAST_NS);
	struct offspring *offspring;

	LIST_FOREACH(offspring, &nursery.all, entry)
		offspring_shoot(offspring);
	while ((offspring = LIST_FIRST(&nursery.all)) != NULL) {
		offspring_await(offspring, deadline);
		offspring_free(offspring);
	}
	if (nursery.reaper != NULL)
		event_free(nursery.reaper);
	nursery.reaper = NULL;
}

static _Noreturn void
child_live(offspring_run *run, void *context, pid_t parent)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	/* the loop's handlers would write into the parent's pipe */
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	close(CHANNEL_FD);
	setpriority(PRIO_PROCESS, 0, NICEST);
	_exit(run(context));
}

struct offspring *
offspring_start(offspring_run *run, offspring_ended *ended, void *context, int64_t limit_ns)
{
	const struct timeval limit = monotime_timeval(limit_ns);
	struct offspring *offspring = calloc(1, sizeof(*offspring));
	pid_t self = getpid();

	if (offspring == NULL)
		return NULL;
	LIST_INSERT_HEAD(&nursery.all, offspring, entry);
	offspring->ended = ended;
	offspring->context = context;
	offspring->limit = evtimer_new(nursery.base, too_long, offspring);
	if (offspring->limit == NULL || event_add(offspring->limit, &limit) == -1)
		errno = ENOMEM;
	else if ((offspring->pid = fork()) == 0)
		child_live(run, context, self);
	else if (offspring->pid != -1) {
		setpgid(offspring->pid, offspring->pid); /* whoever of both comes first */
		return offspring;
	}
	offspring_free(offspring);
	return NULL;
}

void
offspring_kill(struct offspring *offspring)
{
	offspring->ended = NULL;
	offspring_shoot(offspring);
}
