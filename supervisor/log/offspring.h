/*
 * Children of exacheck-log: for what takes long, or waits. One that takes longer than it may is killed, with all
 * that it started itself; those that are left die with this process.
 */
#ifndef EXACHECK_LOG_OFFSPRING_H
#define EXACHECK_LOG_OFFSPRING_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct offspring;

/* What the child does; what it returns is its exit code. It has all descriptors of this process but the channel. */
typedef int offspring_run(void *context);
/* It has ended: a status of waitpid(2). Called from the loop, once; the offspring is gone. */
typedef void offspring_ended(void *context, int status);

/* Before the first one. False: out of memory. */
bool offspring_begin(struct event_base *);

/* Kill all there are and wait for them, hardly; the loop may be freed. */
void offspring_end(void);

/* Fork one. limit_ns: how long it may take. NULL with errno. */
struct offspring *offspring_start(offspring_run *, offspring_ended *, void *context, int64_t limit_ns);

/* Kill it: nothing is called any more. */
void offspring_kill(struct offspring *);

#endif
