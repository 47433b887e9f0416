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
	struct timespec ts;
	int fd;

	for (unsigned long i = 0; i < iterations; i++) {
		ts = monotime_timespec(start.ns + (int64_t)i * NS_PER_SECOND / count);
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
			continue;
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

static void
herd_task(unsigned index, void *context)
{
	connect_or_end(index, *(uint16_t *)context);
}

int
main(int argc, char **argv)
{
	unsigned long last;
	unsigned count;
	uint16_t port;

	if (argc != 5)
		errx(2, "usage: bare tight|grid|herd PORT TARGETS ITERATIONS|SECONDS|0");
	port = (uint16_t)argument_number("port", argv[2], 1, 65535);
	count = (unsigned)argument_number("targets", argv[3], 1, TARGETS_MAX);
	last = argument_number("iterations or seconds", argv[4], 0, 100000000);
	if (strcmp(argv[1], "tight") == 0)
		run_tight(port, count, last);
	else if (strcmp(argv[1], "grid") == 0)
		run_grid(port, count, last);
	else if (strcmp(argv[1], "herd") == 0)
		herd_run(count, herd_task, &port);
	else
		errx(2, "unknown mode %s", argv[1]);
	return 0;
}
