/*
 * What one method does, seen by the worker's loop (worker.c). Every worker binary links exactly one
 * definition of worker_method.
 */
#ifndef EXACHECK_WORKERS_METHOD_H
#define EXACHECK_WORKERS_METHOD_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/methods/method.h"
#include "../common/monotime.h"
#include "../common/result.h"

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
	 * leaves no descriptor, timer or child behind.
	 */
	void (*execute)(const void *args, monotime_t deadline, struct result *);
};

extern const struct worker_method worker_method;

#endif
