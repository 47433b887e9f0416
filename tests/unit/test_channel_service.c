/*
 * The channel to an ExaBGP beside us, over real named pipes and sockets; the test plays ExaBGP's relay, or its
 * socket. Each test runs in a process and a directory of its own.
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../supervisor/channel.h"
#include "routes.h"
#include "unit.h"

#define ATTRIBUTES "next-hop self med 100"
#define GREETING "\nsystem version\n"
#define WELCOME "error\nexabgp 4.2.21\ndone\n"
#define ANNOUNCE(N) "announce route 198.51.100." #N "/32 " ATTRIBUTES "\n"
#define PATIENCE_NS (10 * NS_PER_SECOND)

static struct event_base *base;
static struct ledger *ledger;
static struct channel *channel;
static struct config config;
static char directory[] = "/tmp/exacheck-unit-XXXXXX", output[128], in_path[64], out_path[64], socket_path[64];
static int in = -1, listener = -1, client = -1;
static char heard[1 << 20], logged[1 << 16];

static void
log_keep(enum log_level level, const char *subject, const char *text)
{
	size_t length = strlen(logged);

	(void)subject;
	if (level <= LOG_LEVEL_INFO)
		snprintf(logged + length, sizeof(logged) - length, "%s\n", text);
}

static void
on_ended(void *context, enum channel_end why)
{
	(void)context;
	ck_abort_msg("ended: %d", (int)why);
}

static void
pipes_make(void)
{
	ck_assert_int_eq(mkfifo(in_path, 0600), 0);
	ck_assert_int_eq(mkfifo(out_path, 0600), 0);
}

static void
setup(void)
{
	log_set_sink(log_keep);
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	ck_assert_int_eq(event_base_priority_init(base, 3), 0);
	ck_assert_ptr_nonnull(ledger = ledger_new());
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(in_path, sizeof(in_path), "%s/exabgp.in", directory);
	snprintf(out_path, sizeof(out_path), "%s/exabgp.out", directory);
	snprintf(socket_path, sizeof(socket_path), "%s/exabgp.sock", directory);
	snprintf(output, sizeof(output), "fifo %s", directory);
	config.global.exabgp = (struct exabgp_options){
	    .output = output, .dialect = DIALECT_AUTO, .ack = ACK_AUTO, .max_in_flight = 100};
}

static void
teardown(void)
{
	const int open_ends[] = {in, listener, client};

	channel_free(channel);
	ledger_free(ledger);
	event_base_free(base);
	for (size_t i = 0; i < COUNT(open_ends); i++)
		if (open_ends[i] != -1)
			close(open_ends[i]);
	unlink(in_path);
	unlink(out_path);
	unlink(socket_path);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void
begin(void)
{
	channel = channel_new(base, &config, ledger, on_ended, NULL);
	ck_assert_ptr_nonnull(channel);
}

static void
turn(void)
{
	struct timeval moment = {0, 2000};

	ck_assert_int_eq(event_base_loopexit(base, &moment), 0);
	event_base_loop(base, 0);
}

/* What it said, until it is these lines. */
static void
expect(int fd, const char *lines)
{
	monotime_t end = monotime_add(monotime_now(), PATIENCE_NS);
	size_t length = 0;
	ssize_t more;

	do {
		turn();
		more = read(fd, heard + length, sizeof(heard) - 1 - length);
		length += more > 0 ? (size_t)more : 0;
		heard[length] = '\0';
	} while (strcmp(heard, lines) != 0 && monotime_before(monotime_now(), end));
	ck_assert_str_eq(heard, lines);
}

static unsigned
count_logged(const char *text)
{
	unsigned count = 0;

	for (const char *found = logged; (found = strstr(found, text)) != NULL; found++)
		count++;
	return count;
}

/* Wait until it was logged so many times, and not more. */
static void
expect_logged(const char *text, unsigned count)
{
	monotime_t end = monotime_add(monotime_now(), PATIENCE_NS);

	while (count_logged(text) < count && monotime_before(monotime_now(), end))
		turn();
	ck_assert_msg(count_logged(text) == count, "not logged %u times: %s, but:\n%s", count, text, logged);
}

static void
wait_idle(void)
{
	monotime_t end = monotime_add(monotime_now(), PATIENCE_NS);

	while (!channel_idle(channel) && monotime_before(monotime_now(), end))
		turn();
	ck_assert(channel_idle(channel));
}

static void
announce(const char *prefix)
{
	struct route_key route = key(prefix, NULL);

	ck_assert(ledger_announce(ledger, &route, 0, 0, ATTRIBUTES));
}

/* ExaBGP's relay: exabgp.in is open while it lives, exabgp.out for one line at a time. */
static void
relay_begin(void)
{
	in = open(in_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ne(in, -1);
}

static void
relay_end(void)
{
	ck_assert_int_eq(close(in), 0);
	in = -1;
}

static void
relay_say(const char *lines)
{
	for (const char *line = lines, *end; *line != '\0'; line = end) {
		int out = open(out_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

		ck_assert_int_ne(out, -1);
		end = strchr(line, '\n') + 1;
		ck_assert_int_eq(write(out, line, (size_t)(end - line)), end - line);
		close(out);
		turn();
	}
}

static void
relay_greet(void)
{
	expect(in, GREETING);
	relay_say(WELCOME);
}

START_TEST(waits_for_its_reader)
{
	pipes_make();
	announce("198.51.100.1/32");
	begin();
	expect_logged("waiting for ExaBGP: nobody reads", 1);
	ck_assert(!channel_connected(channel) && channel_idle(channel));
	relay_begin();
	expect(in, GREETING);
	ck_assert(!channel_connected(channel) && !channel_idle(channel));
	relay_say(WELCOME);
	expect(in, ANNOUNCE(1));
	ck_assert(channel_connected(channel) && !channel_idle(channel));
	relay_say("done\n");
	wait_idle();
	ck_assert_uint_eq(count_logged("waiting for ExaBGP"), 1);
	ck_assert_uint_eq(count_logged("ExaBGP is there"), 1);
}
END_TEST

/* Its end is seen without a word said, and old answers are not taken for new ones. */
START_TEST(reader_ends_and_returns)
{
	pipes_make();
	announce("198.51.100.1/32");
	relay_begin();
	begin();
	relay_greet();
	expect(in, ANNOUNCE(1));
	for (unsigned life = 1; life <= 3; life++) {
		relay_end();
		expect_logged("ExaBGP is gone", life);
		ck_assert(!channel_connected(channel) && channel_idle(channel));
		relay_begin();
		relay_greet();
		expect(in, ANNOUNCE(1));
		ck_assert_uint_eq(count_logged("ExaBGP is there"), life + 1);
		relay_say("done\n");
		wait_idle();
	}
	ck_assert_uint_eq(count_logged("ExaBGP is gone"), 3);
	ck_assert_uint_eq(count_logged("waiting"), 0);
}
END_TEST

/* While we could not look, one reader replaced another. */
START_TEST(reader_replaced_unseen)
{
	int old;

	pipes_make();
	announce("198.51.100.1/32");
	relay_begin();
	begin();
	relay_greet();
	expect(in, ANNOUNCE(1));
	relay_say("done\n");
	wait_idle();
	old = in;
	relay_begin();
	close(old);
	expect(in, "system version\n");
	relay_say("exabgp 4.2.21\ndone\n");
	expect(in, ANNOUNCE(1));
	ck_assert_uint_eq(count_logged("gone"), 0);
}
END_TEST

/* The second waits until the first has ended. */
START_TEST(one_at_a_time)
{
	struct ledger *other = ledger_new();
	struct channel *rival;

	pipes_make();
	relay_begin();
	begin();
	relay_greet();
	ck_assert_ptr_nonnull(other);
	rival = channel_new(base, &config, other, on_ended, NULL);
	ck_assert_ptr_nonnull(rival);
	expect_logged("another exacheck uses", 1);
	for (int i = 0; i < 200; i++)
		turn();
	ck_assert_int_eq(read(in, heard, sizeof(heard)), -1);
	channel_free(channel);
	channel = NULL;
	relay_greet();
	turn();
	ck_assert(channel_connected(rival));
	expect_logged("another exacheck uses", 1);
	channel_free(rival);
	ledger_free(other);
}
END_TEST

/* Told once, with what to do, and well as soon as it is done. */
static const char *const troubles[] = {"mkfifo -m 660", "is no named pipe", "is no named pipe"};

START_TEST(wrong_pipes)
{
	if (_i == 1)
		close(open(out_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	if (_i == 2) {
		ck_assert_int_eq(mkfifo(out_path, 0600), 0);
		close(open(in_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	}
	begin();
	expect_logged(troubles[_i], 1);
	for (int i = 0; i < 300; i++)
		turn();
	ck_assert_uint_eq(count_logged("\n"), 1);
	unlink(in_path);
	unlink(out_path);
	pipes_make();
	relay_begin();
	relay_greet();
	wait_idle();
	ck_assert(channel_connected(channel));
}
END_TEST

/* Nothing is left of it, and a program that we execute would have nothing of it. */
START_TEST(descriptors)
{
	bool before[100];
	int count;

	pipes_make();
	relay_begin();
	count = unit_descriptors();
	for (int fd = 0; fd < (int)COUNT(before); fd++)
		before[fd] = fcntl(fd, F_GETFD) != -1;
	begin();
	relay_greet();
	for (int fd = 0; fd < (int)COUNT(before); fd++)
		ck_assert(before[fd] || fcntl(fd, F_GETFD) == -1 || (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	relay_end();
	expect_logged("gone", 1);
	relay_begin();
	relay_greet();
	channel_free(channel);
	channel = NULL;
	ck_assert_int_eq(unit_descriptors(), count);
}
END_TEST

/* A full pipe holds whole lines, and everything comes through in the end. */
START_TEST(full_pipe)
{
	enum { ROUTES = 3000 };
	static bool seen[ROUTES];
	unsigned lines = 0;

	config.global.exabgp.ack = ACK_OFF;
	config.global.exabgp.dialect = DIALECT_V4;
	pipes_make();
	relay_begin();
	ck_assert_int_gt(fcntl(in, F_SETPIPE_SZ, 4096), 0);
	begin();
	for (unsigned i = 0; i < ROUTES; i++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "10.0.%u.%u/32", i >> 8, i & 255);
		announce(prefix);
	}
	for (int i = 0; i < 20; i++)
		turn();
	ck_assert(!channel_idle(channel));
	while (!channel_idle(channel) || lines < ROUTES + 1) {
		ssize_t length;
		char *rest = heard, *line;

		turn();
		length = read(in, heard, sizeof(heard) - 1);
		if (length <= 0)
			continue;
		heard[length] = '\0';
		ck_assert_int_eq(heard[length - 1], '\n');
		heard[length - 1] = '\0';
		while ((line = strsep(&rest, "\n")) != NULL) {
			unsigned a, b;

			lines++;
			if (sscanf(line, "announce route 10.0.%u.%u/32 " ATTRIBUTES, &a, &b) == 2)
				seen[a << 8 | b] = true;
		}
	}
	for (unsigned i = 0; i < ROUTES; i++)
		ck_assert(seen[i]);
}
END_TEST

/* What is typed into exabgpcli is answered to it as long as we have nothing to ask. */
START_TEST(leaves_answers_to_others)
{
	char answer[64];
	int mine, theirs;

	pipes_make();
	relay_begin();
	begin();
	relay_greet();
	wait_idle();
	ck_assert_int_ne(theirs = open(out_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), -1);
	ck_assert_int_ne(mine = open(in_path, O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
	turn();
	relay_say("their answer\ndone\n");
	turn();
	ck_assert_int_eq(read(theirs, answer, sizeof(answer)), 18);
	/* Something to ask: then answers are ours again. */
	announce("198.51.100.1/32");
	expect(in, ANNOUNCE(1));
	relay_say("done\n");
	close(theirs);
	close(mine);
	expect(in, "system version\n");
	ck_assert_uint_eq(count_logged("another program"), 0);
}
END_TEST

START_TEST(pause_and_resume)
{
	pipes_make();
	announce("198.51.100.1/32");
	relay_begin();
	begin();
	relay_greet();
	expect(in, ANNOUNCE(1));
	channel_pause(channel);
	announce("198.51.100.2/32");
	turn();
	ck_assert(!channel_idle(channel));
	relay_say("done\n");
	wait_idle();
	ck_assert_int_eq(read(in, heard, sizeof(heard)), -1);
	channel_resume(channel);
	expect(in, ANNOUNCE(2));
	relay_say("done\n");
	wait_idle();
}
END_TEST

START_TEST(another_configuration)
{
	struct config other = config;

	pipes_make();
	announce("198.51.100.1/32");
	relay_begin();
	begin();
	relay_greet();
	expect(in, ANNOUNCE(1));
	relay_say("done\n");
	wait_idle();
	other.global.exabgp.max_in_flight = 1;
	channel_change(channel, &other);
	announce("198.51.100.2/32");
	announce("198.51.100.3/32");
	turn();
	expect(in, ANNOUNCE(2));
	turn();
	ck_assert_int_eq(read(in, heard, sizeof(heard)), -1);
	relay_say("done\n");
	expect(in, ANNOUNCE(3));
}
END_TEST

/* The socket. */

static void
socket_listen(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ne(listener, -1);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
}

static void
socket_accept(void)
{
	monotime_t end = monotime_add(monotime_now(), PATIENCE_NS);

	while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) == -1 &&
	    monotime_before(monotime_now(), end))
		turn();
	ck_assert_int_ne(client, -1);
}

static void
socket_say(const char *text)
{
	ck_assert_int_eq(write(client, text, strlen(text)), (ssize_t)strlen(text));
}

static void
socket_hang_up(void)
{
	ck_assert_int_eq(close(client), 0);
	client = -1;
}

START_TEST(socket_comes_and_goes)
{
	snprintf(output, sizeof(output), "socket %s", socket_path);
	announce("198.51.100.1/32");
	begin();
	expect_logged("waiting for ExaBGP: nobody listens on", 1);
	socket_listen();
	for (unsigned life = 1; life <= 3; life++) {
		socket_accept();
		expect(client, GREETING);
		socket_say(WELCOME);
		expect(client, ANNOUNCE(1));
		ck_assert(channel_connected(channel));
		if (life == 2) /* its farewell is not for us */
			socket_say("shutdown 1 2\n");
		socket_hang_up();
		turn();
		turn();
		ck_assert(!channel_connected(channel) && channel_idle(channel));
		ck_assert_uint_eq(count_logged("ExaBGP is there"), life);
		ck_assert_uint_eq(count_logged("ExaBGP is gone"), life);
	}
}
END_TEST

/* Somebody who lets nobody in: no line a connection. */
START_TEST(socket_that_hangs_up)
{
	snprintf(output, sizeof(output), "socket %s", socket_path);
	socket_listen();
	begin();
	for (unsigned life = 0; life < 5; life++) {
		socket_accept();
		socket_hang_up();
	}
	turn();
	ck_assert_str_eq(logged, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel service");
	TCase *tcase = unit_case(suite, "channel service");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, waits_for_its_reader);
	tcase_add_test(tcase, reader_ends_and_returns);
	tcase_add_test(tcase, reader_replaced_unseen);
	tcase_add_test(tcase, one_at_a_time);
	tcase_add_loop_test(tcase, wrong_pipes, 0, COUNT(troubles));
	tcase_add_test(tcase, descriptors);
	tcase_add_test(tcase, full_pipe);
	tcase_add_test(tcase, leaves_answers_to_others);
	tcase_add_test(tcase, pause_and_resume);
	tcase_add_test(tcase, another_configuration);
	tcase_add_test(tcase, socket_comes_and_goes);
	tcase_add_test(tcase, socket_that_hangs_up);
	return unit_run(suite);
}
