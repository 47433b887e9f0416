/*
 * Connections of the control socket, and what is kept of them when there is no memory for one.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../supervisor/control_internal.h"
#include "../../supervisor/loop.h"
#include "unit.h"

static int allocations = -1; /* of libevent that succeed before one fails; negative: all of them */

/* In place of the C library's: at the other end there is one who may only read. */
int
getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	const struct ucred peer = {.pid = 1, .uid = geteuid() + 1, .gid = 1};

	(void)fd;
	if (level != SOL_SOCKET || name != SO_PEERCRED || *length < sizeof(peer))
		return -1;
	memcpy(value, &peer, sizeof(peer));
	*length = sizeof(peer);
	return 0;
}

static void *
memory_new(size_t size)
{
	return allocations >= 0 && allocations-- == 0 ? NULL : malloc(size);
}

START_TEST(who_is_not_taken_is_not_counted)
{
	const struct control_acts acts = {.context = NULL};
	struct event_base *base;
	struct control *control;
	size_t clients = 0;
	int fds[2];

	event_set_mem_functions(memory_new, realloc, free);
	base = loop_new();
	control = control_new(base, NULL, NULL, NULL, &acts);
	ck_assert(base != NULL && control != NULL);
	for (int failing = 0; clients < 2; failing++) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
		allocations = failing;
		client_new(control, fds[0]);
		allocations = -1;
		clients += control->count > clients;
		ck_assert_msg(control->readers == clients, "%zu readers, %zu clients, without allocation %d", control->readers,
		    clients, failing);
		close(fds[1]);
	}
	ck_assert_uint_eq(control->count, clients);
	control_free(control);
	event_base_free(base);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control_client");
	TCase *tcase = unit_case(suite, "memory");

	tcase_add_test(tcase, who_is_not_taken_is_not_counted);
	return unit_run(suite);
}
