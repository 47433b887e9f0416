/*
 * What the benchmark's helper programs share: arguments, loopback targets, time stamps, a herd of idle
 * processes. Everything stays on loopback; a helper ends when its standard input ends.
 */
#ifndef EXACHECK_BENCH_HELPER_H
#define EXACHECK_BENCH_HELPER_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define TARGETS_MAX 60000

/* A decimal argument within bounds; ends the program with a message that names `what` otherwise. */
unsigned long argument_number(const char *what, const char *text, unsigned long min, unsigned long max);

/*
 * Target `index` (below TARGETS_MAX) is an address of its own, 127.1.0.1 onwards, so that the server can
 * tell checks apart by the address they came to. target_index: TARGETS_MAX when the address is none.
 */
struct sockaddr_in target_address(unsigned index, uint16_t port);
unsigned target_index(const struct sockaddr_in *);

/* Connect to a target and return the descriptor, or -1 with errno. */
int target_connect(unsigned index, uint16_t port);

/* A listener on every loopback address, on a port that the kernel chooses; ends the program on failure. */
int loopback_listen(uint16_t *port);

/* Which target was reached, and when (CLOCK_MONOTONIC). */
struct visit {
	uint32_t index;
	int64_t at_ns;
};

struct visits {
	size_t count, size;
	struct visit *items; /* owned */
};

void visits_add(struct visits *, uint32_t index, int64_t at_ns);
/* One line "INDEX NANOSECONDS" each, to stdout. */
void visits_print(const struct visits *);

/* CPU time of this process, user and system, in nanoseconds. */
int64_t cpu_used_ns(void);

/* What each member of a herd does; context is the caller's. */
typedef void herd_task(unsigned index, void *context);

/*
 * Fork `count` children which each run task once and then life, which does not return (NULL: they sleep);
 * print "ready" when every task is done and wait for SIGTERM or the end of stdin; then end and reap every child.
 */
void herd_run(unsigned count, herd_task *task, herd_task *life, void *context);

#endif
