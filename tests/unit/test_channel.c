/*
 * The channel over real pipes and sockets in place of descriptors 0 and 1. Each test runs in a process of
 * its own (libcheck forks); the test plays ExaBGP at the other ends.
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../supervisor/channel.h"
#include "unit.h"

#define HEARD_MAX (4 * 1024 * 1024)
#define ATTRIBUTES "next-hop self med 100"

static struct event_base *base;
static struct ledger *ledger;
static struct channel *channel;
static struct config config;
static int to_helper = -1, from_helper = -1;
static enum channel_end end;
static unsigned ends;
static char *heard;
static size_t heard_length;

static void
on_ended(void *context, enum channel_end why)
{
	(void)context;
	end = why;
	ends++;
}

static void
setup(void)
{
	unit_log_silence();
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	ck_assert_int_eq(event_base_priority_init(base, 3), 0);
	ledger = ledger_new();
	heard = calloc(1, HEARD_MAX);
	ck_assert(ledger != NULL && heard != NULL);
	config.global.exabgp = (struct exabgp_options){.dialect = DIALECT_AUTO, .ack = ACK_AUTO, .max_in_flight = 100};
	fflush(stdout);
}

/* Close one of our ends; both may be one descriptor. */
static void
hang_up(int *fd)
{
	int closing = *fd;

	if (to_helper == closing)
		to_helper = -1;
	if (from_helper == closing)
		from_helper = -1;
	if (closing != -1)
		ck_assert_int_eq(close(closing), 0);
}

static void
teardown(void)
{
	channel_free(channel);
	ledger_free(ledger);
	event_base_free(base);
	free(heard);
	hang_up(&to_helper);
	hang_up(&from_helper);
}

static void
nonblocking(int fd)
{
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

/* Put the ends where the channel looks for them, and start it. */
static void
start(int input, int output)
{
	ck_assert_int_eq(dup2(input, STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(dup2(output, STDOUT_FILENO), STDOUT_FILENO);
	close(input);
	if (output != input)
		close(output);
	channel = channel_new(base, &config, ledger, on_ended, NULL);
	ck_assert_ptr_nonnull(channel);
}

static void
start_on_pipes(void)
{
	int in[2], out[2];

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	to_helper = in[1];
	from_helper = out[0];
	nonblocking(from_helper);
	start(in[0], out[1]);
}

static void
start_on_sockets(void)
{
	int pair[2], small = 4096;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	to_helper = from_helper = pair[0];
	nonblocking(from_helper);
	start(dup(pair[1]), pair[1]);
}

/* Let the channel do all it can now. */
static void
turn(void)
{
	for (int i = 0; i < 10; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Read at most `size` bytes of what it said. */
static size_t
listen_some(size_t size)
{
	ssize_t length;

	ck_assert_uint_lt(heard_length + size, HEARD_MAX);
	length = read(from_helper, heard + heard_length, size);
	if (length > 0)
		heard_length += (size_t)length;
	heard[heard_length] = '\0';
	return length > 0 ? (size_t)length : 0;
}

static void
hear_all(void)
{
	do
		turn();
	while (listen_some(65536) > 0);
}

static void
speak(const char *text)
{
	ck_assert_int_eq(write(to_helper, text, strlen(text)), (ssize_t)strlen(text));
	turn();
}

static void
greet(void)
{
	hear_all();
	ck_assert_str_eq(heard, "\nsystem version\n");
	heard_length = 0;
	speak("error\nexabgp 4.2.21\ndone\n");
}

static void
announce(unsigned number, unsigned med)
{
	struct route_key key = {.prefix.address.family = AF_INET, .prefix.length = 32};
	char attributes[64];

	key.prefix.address.bytes[0] = 10;
	key.prefix.address.bytes[1] = (uint8_t)(number >> 16);
	key.prefix.address.bytes[2] = (uint8_t)(number >> 8);
	key.prefix.address.bytes[3] = (uint8_t)number;
	snprintf(attributes, sizeof(attributes), "next-hop self med %u", med);
	ck_assert(ledger_announce(ledger, &key, 0, 0, attributes));
}

static void
acknowledge_all(void)
{
	for (char *byte = heard; *byte != '\0'; byte++)
		if (*byte == '\n')
			ck_assert_int_eq(write(to_helper, "done\n", 5), 5);
	heard_length = 0;
	turn();
}

static void (*const starters[])(void) = {start_on_pipes, start_on_sockets};

START_TEST(conversation)
{
	announce(1, 100);
	starters[_i]();
	greet();
	hear_all();
	ck_assert_str_eq(heard, "announce route 10.0.0.1/32 " ATTRIBUTES "\n");
	ck_assert(!channel_idle(channel));
	acknowledge_all();
	ck_assert(channel_idle(channel));
	/* The ledger wakes the channel; what happens in one turn goes out in one write. */
	announce(2, 100);
	announce(3, 100);
	turn();
	ck_assert_uint_eq(listen_some(65536), 2 * strlen("announce route 10.0.0.2/32 " ATTRIBUTES "\n"));
	ck_assert_uint_eq(ends, 0);
}
END_TEST

/* The state as the lines say; fails on anything but whole lines. */
static unsigned
replay(unsigned *med, unsigned routes)
{
	char *line, *rest = heard;
	unsigned lines = 0, number[3], value;

	ck_assert_int_eq(heard[heard_length - 1], '\n');
	heard[heard_length - 1] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (sscanf(line, "announce route 10.%u.%u.%u/32 next-hop self med %u", &number[0], &number[1], &number[2],
			&value) != 4)
			ck_abort_msg("not a whole line: \"%s\"", line);
		number[2] += number[1] << 8;
		if (number[2] >= routes)
			ck_abort_msg("unknown route: \"%s\"", line);
		med[number[2]] = value;
		lines++;
	}
	return lines;
}

/*
 * ExaBGP does not read for long while everything changes again and again: nothing is lost, what was
 * overtaken is never said, and its own words are still taken in.
 */
START_TEST(slow_reader)
{
	enum { ROUTES = 5000, CHANGES = 20 };
	static unsigned med[ROUTES];
	unsigned lines;

	config.global.exabgp.ack = ACK_OFF;
	config.global.exabgp.dialect = DIALECT_V4;
	starters[_i]();
	hear_all();
	heard_length = 0;
	for (unsigned change = 1; change <= CHANGES; change++) {
		for (unsigned i = 0; i < ROUTES; i++)
			announce(i, change);
		turn();
		for (unsigned i = 0; i < 200; i++)
			speak("neighbor 127.0.0.1 down - nothing reads here\n");
	}
	ck_assert(!channel_idle(channel));
	/* Then it reads in odd pieces, a little slower than the channel writes. */
	for (unsigned i = 0; i < 100000 && !channel_idle(channel); i++) {
		listen_some(1 + i % 7001);
		turn();
	}
	hear_all();
	ck_assert(channel_idle(channel));
	lines = replay(med, ROUTES);
	for (unsigned i = 0; i < ROUTES; i++)
		ck_assert_uint_eq(med[i], CHANGES);
	ck_assert_uint_lt(lines, 3 * ROUTES);
	ck_assert_uint_eq(ends, 0);
}
END_TEST

/* Until somebody reads, only whole lines are in the pipe, at every moment. */
START_TEST(pipe_never_holds_part_of_a_line)
{
	enum { ROUTES = 3000 };

	config.global.exabgp.ack = ACK_OFF;
	config.global.exabgp.dialect = DIALECT_V4;
	start_on_pipes();
	for (unsigned i = 0; i < ROUTES; i++)
		announce(i, 4000000000u);
	for (unsigned round = 0; round < 20; round++) {
		turn();
		/* All there is now, without letting the channel write in between. */
		while (listen_some(65536) > 0)
			continue;
		ck_assert(heard_length == 0 || heard[heard_length - 1] == '\n');
	}
	ck_assert(channel_idle(channel));
}
END_TEST

START_TEST(answers_in_flight_are_bounded)
{
	enum { ROUTES = 1000 };
	unsigned said = 0;

	config.global.exabgp.max_in_flight = 10;
	for (unsigned i = 0; i < ROUTES; i++)
		announce(i, 1);
	start_on_pipes();
	greet();
	while (hear_all(), heard_length > 0) {
		unsigned lines = 0;

		for (size_t i = 0; i < heard_length; i++)
			lines += heard[i] == '\n';
		ck_assert_uint_le(lines, 10);
		said += lines;
		acknowledge_all();
	}
	ck_assert_uint_eq(said, ROUTES);
	ck_assert(channel_idle(channel));
}
END_TEST

START_TEST(end_of_file)
{
	start_on_pipes();
	greet();
	hang_up(&to_helper);
	turn();
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(end, CHANNEL_EOF);
	/* What is said after it still goes out, and nobody waits for an answer. */
	announce(1, 100);
	ck_assert(!channel_idle(channel));
	hear_all();
	ck_assert_str_eq(heard, "announce route 10.0.0.1/32 " ATTRIBUTES "\n");
	ck_assert(channel_idle(channel));
}
END_TEST

START_TEST(reader_gone)
{
	starters[_i]();
	greet();
	hang_up(&from_helper);
	announce(1, 100);
	turn();
	ck_assert_uint_eq(ends, 1);
	if (_i == 0)
		ck_assert_int_eq(end, CHANNEL_BROKEN);
	announce(2, 100);
	turn();
	ck_assert(channel_idle(channel));
	ck_assert_uint_eq(ends, 1);
}
END_TEST

START_TEST(shutdown_asked)
{
	announce(1, 100);
	start_on_pipes();
	greet();
	speak("shutdown 12 11\n");
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(end, CHANNEL_SHUTDOWN);
	hear_all();
	heard_length = 0;
	ledger_withdraw_all(ledger);
	hear_all();
	ck_assert_str_eq(heard, "withdraw route 10.0.0.1/32\n");
	hang_up(&to_helper);
	turn();
	ck_assert_uint_eq(ends, 1);
}
END_TEST

/* The listener may free the channel that calls it. */
static void
free_channel(void *context, enum channel_end why)
{
	(void)context;
	(void)why;
	ends++;
	channel_free(channel);
	channel = NULL;
}

START_TEST(freed_by_the_listener)
{
	start_on_pipes();
	channel_free(channel);
	channel = channel_new(base, &config, ledger, free_channel, NULL);
	turn();
	hang_up(&from_helper);
	announce(1, 1);
	speak("shutdown 1 1\n");
	ck_assert_uint_eq(ends, 1);
	ck_assert_ptr_null(channel);
	announce(2, 1); /* wakes nobody */
	turn();
}
END_TEST

START_TEST(flags_are_restored)
{
	start_on_pipes();
	ck_assert_int_ne(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
	channel_free(channel);
	channel = NULL;
	ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* Output to a file, input from /dev/null: commands at once, no greeting, no end. */
START_TEST(plain_file)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	announce(1, 100);
	from_helper = dup(fileno(file));
	start(open("/dev/null", O_RDONLY), dup(fileno(file)));
	turn();
	announce(2, 100);
	turn();
	ck_assert(channel_idle(channel));
	ck_assert_int_eq(lseek(from_helper, 0, SEEK_SET), 0);
	listen_some(65536);
	ck_assert_str_eq(heard, "announce route 10.0.0.1/32 " ATTRIBUTES "\nannounce route 10.0.0.2/32 " ATTRIBUTES "\n");
	ck_assert_uint_eq(ends, 0);
	fclose(file);
}
END_TEST

/* A terminal: its input is left to others, its flags as they are, and a stopped one does not block us. */
START_TEST(terminal)
{
	int master, slave;
	char kept[16] = "";

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	from_helper = to_helper = master;
	nonblocking(master);
	announce(1, 100);
	start(dup(slave), slave);
	turn();
	listen_some(65536);
	ck_assert_str_eq(heard, "announce route 10.0.0.1/32 " ATTRIBUTES "\r\n");
	ck_assert_int_eq(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK, 0);
	speak("typed\n");
	ck_assert_int_eq(read(STDIN_FILENO, kept, sizeof(kept) - 1), 6);
	ck_assert_str_eq(kept, "typed\n");
	listen_some(65536); /* the echo */
	heard_length = 0;
	for (unsigned i = 0; i < 5000; i++)
		announce(i, 1);
	turn(); /* nobody reads the master: would block for ever if it wrote regardless */
	ck_assert(!channel_idle(channel));
	for (int i = 0; i < 10000 && !channel_idle(channel); i++) {
		listen_some(65536);
		turn();
	}
	ck_assert(channel_idle(channel));
	ck_assert_uint_eq(ends, 0);
}
END_TEST

/* Without anything to say the loop sleeps: the timer is the only thing that wakes it. */
START_TEST(quiet_when_idle)
{
	int turns = 0;
	monotime_t begin = monotime_now();

	start_on_pipes();
	greet();
	while (monotime_sub(monotime_now(), begin) < 300 * NS_PER_MILLISECOND) {
		struct timeval left = {0, 300000};

		ck_assert_int_eq(event_base_loopexit(base, &left), 0);
		event_base_loop(base, EVLOOP_ONCE);
		turns++;
	}
	ck_assert_int_le(turns, 20);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("channel");
	TCase *tcase = unit_case(suite, "channel");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, conversation, 0, 2);
	tcase_add_loop_test(tcase, slow_reader, 0, 2);
	tcase_add_test(tcase, pipe_never_holds_part_of_a_line);
	tcase_add_test(tcase, answers_in_flight_are_bounded);
	tcase_add_test(tcase, end_of_file);
	tcase_add_loop_test(tcase, reader_gone, 0, 2);
	tcase_add_test(tcase, shutdown_asked);
	tcase_add_test(tcase, freed_by_the_listener);
	tcase_add_test(tcase, flags_are_restored);
	tcase_add_test(tcase, plain_file);
	tcase_add_test(tcase, terminal);
	tcase_add_test(tcase, quiet_when_idle);
	return unit_run(suite);
}
