/*
 * What one method does, seen by the worker's loop (worker.c). Every worker binary links exactly one
 * definition of worker_method.
 */
#ifndef EXACHECK_WORKERS_METHOD_H
#define EXACHECK_WORKERS_METHOD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "../common/methods/method.h"
#include "../common/monotime.h"
#include "../common/result.h"

/* How a worker notices a change between executions, see lookout.h. */
struct method_lookout {
	/*
	 * From now on nothing is to be missed: before an execution, and once when the worker starts. Not needed where
	 * an execution leaves something to wait for (NULL).
	 */
	void (*arm)(const void *args);
	/* The descriptors to wait for, of room for LOOKOUT_MAX. Returns how many. */
	size_t (*descriptors)(struct pollfd *);
	/* They are as poll(2) left them, some ready: read. Returns whether the check is to be executed. */
	bool (*changed)(const struct pollfd *, size_t count);
	/* Wait for nothing any more, until the next execution. */
	void (*release)(void);
};

struct worker_method {
	const struct check_method *method;

	/* In the spawner, once, before any worker: load what is shared (libraries, CA store). May be NULL. */
	void (*preload)(void);

	/*
	 * In the worker, once, before privileges are dropped and the sandbox is entered: open raw sockets,
	 * read files, compile patterns. Returns false with the reason in error (OPTION_ERROR_SIZE bytes):
	 * then every execution reports that error. name: the check's. May be NULL.
	 */
	bool (*prepare)(const void *args, const char *name, char *error);

	/*
	 * One execution, finished by `deadline`; fills the result. It never writes to stdout or stderr and
	 * leaves no descriptor, timer or child behind, but for what lookout waits for.
	 */
	void (*execute)(const void *args, monotime_t deadline, struct result *);

	/* For arguments of which method->watches says that there is something to look out for. NULL: there never is. */
	const struct method_lookout *lookout;
};

extern const struct worker_method worker_method;

#endif
