/*
 * Shared parts of the benchmark's helpers. Touches loopback sockets, stdout and the processes it forks.
 * Invariant: what it starts it reaps, and nothing listens beyond loopback.
 */
#include "helper.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../common/monotime.h"

#define TARGET_BASE 0x7f010000U /* 127.1.0.0 */
#define TARGETS_PER_NET 250	/* no address ends in 0 or 255 */

static volatile sig_atomic_t ended;

unsigned long
argument_number(const char *what, const char *text, unsigned long min, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
		errx(2, "%s: must be %lu to %lu, got %s", what, min, max, text);
	return value;
}

struct sockaddr_in
target_address(unsigned index, uint16_t port)
{
	struct sockaddr_in sin;
	uint32_t host = (index / TARGETS_PER_NET) << 8 | (1 + index % TARGETS_PER_NET);

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(TARGET_BASE + host);
	return sin;
}

unsigned
target_index(const struct sockaddr_in *sin)
{
	uint32_t host = ntohl(sin->sin_addr.s_addr) - TARGET_BASE;
	uint32_t last = host & 0xff;

	if (host > 0xffff || last < 1 || last > TARGETS_PER_NET)
		return TARGETS_MAX;
	return (host >> 8) * TARGETS_PER_NET + last - 1;
}

int
target_connect(unsigned index, uint16_t port)
{
	struct sockaddr_in sin = target_address(index, port);
	int fd, saved;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

int
loopback_listen(uint16_t *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	socklen_t length = sizeof(sin);
	int fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo")) == -1)
		err(1, "bind to device lo");
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 || listen(fd, SOMAXCONN) == -1)
		err(1, "listen");
	if (getsockname(fd, (struct sockaddr *)&sin, &length) == -1)
		err(1, "getsockname");
	*port = ntohs(sin.sin_port);
	return fd;
}

void
visits_add(struct visits *visits, uint32_t index, int64_t at_ns)
{
	if (visits->count == visits->size) {
		size_t size = visits->size == 0 ? 65536 : visits->size * 2;
		struct visit *items = reallocarray(visits->items, size, sizeof(*items));

		if (items == NULL)
			err(1, "visits");
		visits->items = items;
		visits->size = size;
	}
	visits->items[visits->count++] = (struct visit){index, at_ns};
}

void
visits_print(const struct visits *visits)
{
	for (size_t i = 0; i < visits->count; i++)
		printf("%u %lld\n", visits->items[i].index, (long long)visits->items[i].at_ns);
	if (fflush(stdout) == EOF)
		err(1, "stdout");
}

int64_t
cpu_used_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) == -1)
		err(1, "clock_gettime");
	return ts.tv_sec * NS_PER_SECOND + ts.tv_nsec;
}

static void
end_asked(int sig)
{
	(void)sig;
	ended = 1;
}

static _Noreturn void
herd_member(unsigned index, herd_task *task, herd_task *life, void *context, int done)
{
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	task(index, context);
	if (write(done, "", 1) != 1)
		err(1, "herd");
	close(done);
	if (life != NULL)
		life(index, context);
	for (;;)
		pause();
}

/* Every child says one byte when its task is done. */
static void
herd_await(int done, unsigned count)
{
	char bytes[256];
	ssize_t got;

	while (count > 0) {
		got = read(done, bytes, sizeof(bytes));
		if (got <= 0)
			errx(1, "%u members of the herd failed", count);
		count -= (unsigned)got < count ? (unsigned)got : count;
	}
}

void
herd_run(unsigned count, herd_task *task, herd_task *life, void *context)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	struct sigaction action = {.sa_handler = end_asked};
	pid_t *pids = calloc(count, sizeof(*pids));
	char byte;
	int done[2];

	if (pids == NULL || pipe(done) == -1)
		err(1, "herd");
	sigaction(SIGTERM, &action, NULL);
	for (unsigned i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] == -1)
			err(1, "fork");
		if (pids[i] == 0)
			herd_member(i, task, life, context, done[1]);
	}
	close(done[1]);
	herd_await(done[0], count);
	puts("ready");
	fflush(stdout);
	while (!ended && !(poll(&input, 1, -1) == 1 && read(STDIN_FILENO, &byte, 1) <= 0))
		continue;
	for (unsigned i = 0; i < count; i++)
		kill(pids[i], SIGTERM);
	for (unsigned i = 0; i < count; i++)
		waitpid(pids[i], NULL, 0);
	free(pids);
}
