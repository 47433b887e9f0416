/*
 * The machine's own floor for the tcp figures: the same connect and close as a check, without a health
 * checker around it. Touches loopback targets only. Every mode prints what it cost in CPU itself, so
 * that start-up is not in the figure.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "helper.h"

static void
print_cpu(int64_t before_ns, unsigned long iterations)
{
	printf("cpu %.0f\n", (double)(cpu_used_ns() - before_ns) / (double)iterations);
}

static void
sleep_until(monotime_t when)
{
	struct timespec ts = monotime_timespec(when.ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		continue;
}

static void
connect_or_end(unsigned index, uint16_t port)
{
	int fd = target_connect(index, port);

	if (fd == -1)
		err(1, "connect to target %u port %u", index, port);
	close(fd);
}

/* As fast as it goes: what the kernel alone costs. */
static void
run_tight(uint16_t port, unsigned count, unsigned long iterations)
{
	int64_t before_ns = cpu_used_ns();

	for (unsigned long i = 0; i < iterations; i++)
		connect_or_end((unsigned)(i % count), port);
	print_cpu(before_ns, iterations);
}

/* A refused target is told once, as a health checker would tell it. */
static void
report_refused(unsigned index, bool *told)
{
	char text[INET_ADDRSTRLEN];
	struct sockaddr_in sin = target_address(index, 0);

	if (told[index])
		return;
	told[index] = true;
	sin.sin_addr.s_addr = (sin.sin_addr.s_addr & htonl(0x00ffffff)) | htonl(10U << 24);
	printf("withdraw route %s/32\n", inet_ntop(AF_INET, &sin.sin_addr, text, sizeof(text)));
	fflush(stdout);
}

/* Every target once a second, spread evenly: the grid that the checks run on. */
static void
run_grid(uint16_t port, unsigned count, unsigned long seconds)
{
	static bool told[TARGETS_MAX];
	monotime_t start = monotime_add(monotime_now(), 100 * NS_PER_MILLISECOND);
	unsigned long iterations = seconds * count;
	int64_t before_ns = cpu_used_ns();
	int fd;

	for (unsigned long i = 0; i < iterations; i++) {
		sleep_until(monotime_add(start, (int64_t)i * NS_PER_SECOND / count));
		fd = target_connect((unsigned)(i % count), port);
		if (fd != -1)
			close(fd);
		else if (errno == ECONNREFUSED)
			report_refused((unsigned)(i % count), told);
		else
			err(1, "connect");
	}
	print_cpu(before_ns, iterations);
}

struct herd {
	monotime_t start;
	unsigned count;
	uint16_t port;
};

static void
herd_connect(unsigned index, void *context)
{
	connect_or_end(index, ((struct herd *)context)->port);
}

/* The grid again, with a process for each target. */
static void
herd_grid(unsigned index, void *context)
{
	const struct herd *herd = context;
	monotime_t next = monotime_add(herd->start, (int64_t)index * NS_PER_SECOND / herd->count);

	for (;;) {
		next = monotime_next(next, NS_PER_SECOND, monotime_now());
		sleep_until(next);
		connect_or_end(index, herd->port);
	}
}

int
main(int argc, char **argv)
{
	struct herd herd;
	unsigned long last;
	unsigned count;
	uint16_t port;

	if (argc != 5)
		errx(2, "usage: bare tight PORT TARGETS ITERATIONS | grid PORT TARGETS SECONDS | herd PORT TARGETS 0|1");
	port = (uint16_t)argument_number("port", argv[2], 1, 65535);
	count = (unsigned)argument_number("targets", argv[3], 1, TARGETS_MAX);
	last = argument_number("iterations or seconds", argv[4], 0, 100000000);
	herd = (struct herd){.start = monotime_now(), .count = count, .port = port};
	if (strcmp(argv[1], "tight") == 0)
		run_tight(port, count, last);
	else if (strcmp(argv[1], "grid") == 0)
		run_grid(port, count, last);
	else if (strcmp(argv[1], "herd") == 0)
		herd_run(count, herd_connect, last == 0 ? NULL : herd_grid, &herd);
	else
		errx(2, "unknown mode %s", argv[1]);
	return 0;
}
