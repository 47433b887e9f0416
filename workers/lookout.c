/*
 * When a worker executes off the grid. Invariant: after a quiet time a change is followed at once; changes without end
 * cost a few executions a minute.
 */
#include "lookout.h"

#include "../common/backoff.h"
#include "method.h"

/*
 * The delays after a quiet minute; then those of backoff.h, from 1 s on. More than one is short: a service that ends
 * may close a connection a moment before its port, and a file may be found before it was written.
 */
static const int64_t soon_ns[] = {0, NS_PER_MILLISECOND, 10 * NS_PER_MILLISECOND, 100 * NS_PER_MILLISECOND};

static struct {
	const void *args;
	const struct method_lookout *method; /* NULL: nothing to look out for */
	struct backoff backoff;		     /* lives while nothing happens */
	size_t early;			     /* short delays since it was quiet */
	monotime_t due;
} lookout = {.due = {INT64_MAX}};

void
lookout_begin(const void *args, monotime_t now)
{
	lookout.args = args;
	lookout.method = method_watches(worker_method.method, args) ? worker_method.lookout : NULL;
	lookout.due = MONOTIME_NEVER;
	lookout.backoff.failures = 0;
	backoff_started(&lookout.backoff, now);
	lookout_arm();
}

void
lookout_arm(void)
{
	if (lookout.method != NULL && lookout.method->arm != NULL)
		lookout.method->arm(lookout.args);
}

void
lookout_executed(monotime_t now)
{
	lookout.due = MONOTIME_NEVER;
	if (!lookout.backoff.living)
		backoff_started(&lookout.backoff, now);
}

size_t
lookout_descriptors(struct pollfd *fds)
{
	return lookout.method != NULL ? lookout.method->descriptors(fds) : 0;
}

void
lookout_heed(const struct pollfd *fds, size_t count, monotime_t now)
{
	size_t ready = 0;

	for (size_t i = 0; i < count; i++)
		ready += fds[i].revents != 0;
	if (ready == 0 || !lookout.method->changed(fds, count) || lookout.due.ns != MONOTIME_NEVER.ns)
		return;
	lookout.due = backoff_ended(&lookout.backoff, now);
	if (lookout.backoff.failures == 1)
		lookout.early = 0;
	if (lookout.early == sizeof(soon_ns) / sizeof(soon_ns[0]))
		return;
	lookout.due = monotime_add(now, soon_ns[lookout.early++]);
	lookout.backoff.failures = 1; /* its own delays are yet to come */
}

monotime_t
lookout_due(void)
{
	return lookout.due;
}

void
lookout_rest(void)
{
	lookout.due = MONOTIME_NEVER;
	if (lookout.method != NULL)
		lookout.method->release();
}
