/*
 * The syslog logger against servers of this process: each way to one, servers that are late, that go, that refuse, that do
 * not read, and what is told of lines that are lost.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../supervisor/log/offspring.h"
#include "../../supervisor/log/output.h"
#include "../../supervisor/log/syslog_queue.h"
#include "unit.h"

#define PATIENCE_NS (60 * NS_PER_SECOND)
#define TURN_NS (2 * NS_PER_MILLISECOND)
#define TEXT_SIZE ((size_t)1 << 20)
#define HEADER "<30>1 2026-01-31T22:59:59.123Z node1 exacheck 4711 info - "
#define HEADER_3164 "<30>Jan 31 22:59:59 node1 exacheck[4711]: "

static char method[] = "syslog", udp[] = "udp", tcp[] = "tcp", rfc5424[] = "rfc5424", rfc3164[] = "rfc3164",
	loopback[] = "127.0.0.1", name[] = "localhost";

static struct event_base *base;
static struct output *output;
static struct logger_setup setup;
static struct needs needs;
static char directory[64], path[96];
static int word_fd;
static int server, peer; /* server: listens, or receives; peer: accepted from it; -1: none */
static bool reading; /* from the server */
static char words[8192], got[TEXT_SIZE];
static size_t word_length, got_length;

static void
syslog_setup(void)
{
	while (recv(word_fd, words, sizeof(words), MSG_DONTWAIT) > 0)
		; /* of earlier tests */
	memset(words, 0, sizeof(words));
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	strcpy(directory, "/tmp/test_syslog.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/log", directory);
	base = event_base_new();
	ck_assert(base != NULL && offspring_begin(base));
	server = peer = -1;
	reading = true;
	got_length = word_length = 0;
	setup = (struct logger_setup){.method = method, .destination = path, .protocol = udp, .format = rfc5424, .facility = 3,
	    .pid = 4711, .host = "node1"};
}

static void
descriptor_close(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
syslog_teardown(void)
{
	if (output != NULL)
		output->kind->close(output);
	output = NULL;
	descriptor_close(&server);
	descriptor_close(&peer);
	offspring_end();
	event_base_free(base);
	unlink(path);
	rmdir(directory);
	close(word_fd);
	close(CHANNEL_FD);
}

static void
logger_begin(void)
{
	output = syslog_output.open(&setup, &needs);
	ck_assert_ptr_nonnull(output);
	ck_assert(output->kind->begin(output, base));
}

static void
line_write(const char *text)
{
	const struct log_fields fields = {.at_us = INT64_C(1769900399123456), .level = "info", .event = "info",
	    .subsystem = "master", .text = text, .file = "a.c", .function = "f", .line = 1, .pid = 4711};

	output->kind->write(output, &fields);
}

/* "line 00001" and so on, from one number up to another, which is none of them. */
static void
lines_write(int from, int to)
{
	char text[32];

	for (; from < to; from++) {
		snprintf(text, sizeof(text), "line %05d", from);
		line_write(text);
		if (from % 100 == 0)
			output->kind->flush(output);
	}
	output->kind->flush(output);
}

/* A listening or receiving socket of this process: at path, or on the loopback address, with the same port again. */
static void
server_open(int family, int type)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int on = 1;

	strcpy(local.sun_path, path);
	server = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(server, 0);
	if (family == AF_UNIX) {
		ck_assert_int_eq(bind(server, (struct sockaddr *)&local, sizeof(local)), 0);
	} else {
		address.sin_port = htons(setup.port);
		ck_assert_int_eq(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
		ck_assert_int_eq(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
		ck_assert_int_eq(getsockname(server, (struct sockaddr *)&address, &length), 0);
		setup.destination = loopback;
		setup.port = ntohs(address.sin_port);
		setup.protocol = type == SOCK_STREAM ? tcp : udp;
	}
}

static void
server_listen(void)
{
	ck_assert_int_eq(listen(server, 8), 0);
}

/* Read what there is; datagrams are parted by a |. */
static void
server_read(void)
{
	bool datagram = peer == -1;
	ssize_t count;

	while ((count = recv(datagram ? server : peer, got + got_length, sizeof(got) - got_length - 2, MSG_DONTWAIT)) > 0) {
		got_length += (size_t)count;
		if (datagram)
			got[got_length++] = '|';
		got[got_length] = '\0';
	}
}

static void
turn(void)
{
	const struct timespec pause = monotime_timespec(TURN_NS);
	ssize_t count;

	ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
	if (server != -1 && peer == -1)
		peer = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (reading && server != -1)
		server_read();
	if ((count = recv(word_fd, words + word_length, sizeof(words) - word_length - 1, MSG_DONTWAIT)) > 0)
		word_length += (size_t)count;
	nanosleep(&pause, NULL);
}

/* Until a text is there. */
static void
await(const char *where, const char *text)
{
	monotime_t deadline = monotime_add(monotime_now(), PATIENCE_NS);

	while (strstr(where, text) == NULL) {
		turn();
		ck_assert_msg(monotime_before(monotime_now(), deadline), "not in time: %s; words: %s; got %zu bytes: %.300s", text,
		    words, got_length, got);
	}
}

static void
await_finished(void)
{
	monotime_t deadline = monotime_add(monotime_now(), PATIENCE_NS);

	while (!output->kind->finished(output)) {
		turn();
		ck_assert(monotime_before(monotime_now(), deadline));
	}
}

static int
occurrences(const char *where, const char *text)
{
	int count = 0;

	while ((where = strstr(where, text)) != NULL) {
		where += strlen(text);
		count++;
	}
	return count;
}

/* The numbered lines that arrived are these, in order, each once. */
static void
expect_lines(int from, int to)
{
	const char *at = got;
	int number, expected = from;

	while ((at = strstr(at, "line ")) != NULL && sscanf(at, "line %05d", &number) == 1) {
		ck_assert_int_eq(number, expected++);
		at += strlen("line 00000");
	}
	ck_assert_int_eq(expected, to);
}

START_TEST(test_local)
{
	server_open(AF_UNIX, SOCK_DGRAM);
	setup.format = rfc3164;
	logger_begin();
	line_write("one");
	line_write("two");
	output->kind->flush(output);
	await(got, "two|");
	ck_assert_str_eq(got, "<30>Jan 31 22:59:59 exacheck[4711]: one|<30>Jan 31 22:59:59 exacheck[4711]: two|");
	await_finished();
	ck_assert_str_eq(words, "");
}
END_TEST

/* A socket that is none of datagrams. */
START_TEST(test_local_stream)
{
	server_open(AF_UNIX, SOCK_STREAM);
	server_listen();
	logger_begin();
	line_write("one");
	line_write("two");
	output->kind->flush(output);
	await(got, "two\n");
	ck_assert_str_eq(got, HEADER "one\n" HEADER "two\n");
}
END_TEST

START_TEST(test_udp)
{
	server_open(AF_INET, SOCK_DGRAM);
	logger_begin();
	line_write("one");
	line_write("two");
	output->kind->flush(output);
	await(got, "two|");
	ck_assert_str_eq(got, HEADER "one|" HEADER "two|");
}
END_TEST

/* RFC 6587: the length before each message of RFC 5424, a newline after the others. */
START_TEST(test_tcp)
{
	char expected[512];

	server_open(AF_INET, SOCK_STREAM);
	server_listen();
	setup.format = _i == 0 ? rfc5424 : rfc3164;
	logger_begin();
	line_write("one");
	line_write("gr\xc3\xbc\xc3\x9f");
	output->kind->flush(output);
	await(got, _i == 0 ? "gr\xc3\xbc\xc3\x9f" : "gr\xc3\xbc\xc3\x9f\n");
	if (_i == 0)
		snprintf(expected, sizeof(expected), "%zu " HEADER "one%zu " HEADER "\xef\xbb\xbf" "gr\xc3\xbc\xc3\x9f",
		    strlen(HEADER "one"), strlen(HEADER "\xef\xbb\xbf" "gr\xc3\xbc\xc3\x9f"));
	else
		snprintf(expected, sizeof(expected), HEADER_3164 "one\n" HEADER_3164 "gr\xc3\xbc\xc3\x9f\n");
	ck_assert_str_eq(got, expected);
}
END_TEST

/* A name is looked up in a child; where it leads elsewhere first, to ::1, the next address is taken. */
START_TEST(test_name)
{
	server_open(AF_INET, _i == 0 ? SOCK_DGRAM : SOCK_STREAM);
	if (_i == 1)
		server_listen();
	setup.destination = name;
	logger_begin();
	ck_assert_uint_ne(needs.bits & LOG_NEED_RESOLVER, 0);
	lines_write(0, 3);
	await(got, "line 00002");
	expect_lines(0, 3);
}
END_TEST

START_TEST(test_name_without_address)
{
	static char nobody[] = "no-such-host.invalid";

	setup.destination = nobody;
	logger_begin();
	line_write("one");
	await(words, "problem: syslog no-such-host.invalid: ");
	ck_assert(output->kind->finished(output));
}
END_TEST

/* The socket comes later: nothing is lost, and it is told once that it is missing, and that it works. */
START_TEST(test_late_local)
{
	logger_begin();
	lines_write(0, 100);
	await(words, "No such file or directory; lines wait for it");
	ck_assert(output->kind->finished(output)); /* nobody waits for it at the end */
	server_open(AF_UNIX, SOCK_DGRAM);
	await(got, "line 00099|");
	expect_lines(0, 100);
	await(words, "works again\n");
	ck_assert_int_eq(occurrences(words, "problem: "), 1);
	ck_assert_int_eq(occurrences(words, "note: "), 1);
}
END_TEST

/* The server is another one, at the same path. */
START_TEST(test_restarted_local)
{
	server_open(AF_UNIX, SOCK_DGRAM);
	logger_begin();
	lines_write(0, 10);
	await(got, "line 00009|");
	descriptor_close(&server);
	unlink(path);
	server_open(AF_UNIX, SOCK_DGRAM);
	lines_write(10, 20);
	await(got, "line 00019|");
	expect_lines(0, 20);
}
END_TEST

/* More lines at once than the receiver's queue takes. */
START_TEST(test_full_local)
{
	server_open(AF_UNIX, SOCK_DGRAM);
	logger_begin();
	lines_write(0, 2000);
	await(got, "line 01999|");
	expect_lines(0, 2000);
	ck_assert_str_eq(words, "");
}
END_TEST

/* Nobody receives at the port: a socket that is connected elsewhere is nobody. */
START_TEST(test_late_udp)
{
	struct sockaddr_in elsewhere = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(9)};
	int nobody;

	server_open(AF_INET, SOCK_DGRAM);
	nobody = server;
	ck_assert_int_eq(connect(server, (struct sockaddr *)&elsewhere, sizeof(elsewhere)), 0);
	server = -1;
	logger_begin();
	lines_write(0, 50);
	await(words, "Connection refused; lines wait for it");
	lines_write(50, 100);
	server_open(AF_INET, SOCK_DGRAM);
	await(got, "line 00099|");
	close(nobody);
	expect_lines(0, 100);
	await(words, "works again\n");
	ck_assert_int_eq(occurrences(words, "problem: "), 1);
	ck_assert_int_eq(occurrences(words, "note: "), 1);
}
END_TEST

/* Bound but not listening refuses connections. */
START_TEST(test_late_tcp)
{
	server_open(AF_INET, SOCK_STREAM);
	setup.format = rfc3164;
	logger_begin();
	lines_write(0, 100);
	await(words, "Connection refused; lines wait for it");
	server_listen();
	await(got, "line 00099\n");
	expect_lines(0, 100);
	await(words, "works again\n");
	ck_assert_int_eq(occurrences(words, "problem: "), 1);
}
END_TEST

/* What does not fit is counted, and told where it is missing. */
START_TEST(test_lost)
{
	int total = 10000, kept = 0, lost = 0;
	const char *told;

	server_open(AF_INET, SOCK_STREAM);
	setup.format = rfc3164;
	logger_begin();
	await(words, "Connection refused; lines wait for it");
	lines_write(0, total);
	server_listen();
	await(got, " lines were lost: Connection refused\n");
	lines_write(total, total + 1);
	await(got, "line 10000\n");
	told = strstr(got, " lines were lost");
	while (told[-1] != ' ')
		told--;
	lost = atoi(told);
	ck_assert_int_gt(lost, 0);
	kept = occurrences(got, "line 0");
	ck_assert_int_eq(kept + lost, total);
	ck_assert_int_eq(occurrences(got, "lines were lost"), 1);
	ck_assert(strstr(got, "line 10000") > told);
	*strstr(got, "line 10000") = '\0';
	expect_lines(0, kept);
	await(words, "note: syslog 127.0.0.1: "); /* works again, or what was lost */
	await(words, "lines were lost: Connection refused\n");
}
END_TEST

/* The connection is reset while lines are on their way: those that were not taken are sent again, whole. */
START_TEST(test_reset)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	int small = 4096, first, total = 3000;
	char begin[64];

	server_open(AF_INET, SOCK_STREAM);
	ck_assert_int_eq(setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	server_listen();
	setup.format = rfc3164;
	reading = false;
	logger_begin();
	lines_write(0, total);
	while (peer == -1)
		turn();
	for (int i = 0; i < 50; i++)
		turn();
	ck_assert_int_eq(setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	descriptor_close(&peer);
	reading = true;
	await(words, "problem: ");
	await(got, "line 02999\n");
	ck_assert_int_eq(sscanf(got, HEADER_3164 "line %05d", &first), 1);
	/* what the server's system had taken before, nobody can know of; it is not much */
	ck_assert_int_lt(first, total / 2);
	snprintf(begin, sizeof(begin), "line %05d\n", first);
	ck_assert_ptr_eq(strstr(got, begin), strstr(got, "line "));
	expect_lines(first, total);
}
END_TEST

/* A server that has shut down is noticed without anything being sent. */
START_TEST(test_closed)
{
	server_open(AF_INET, SOCK_STREAM);
	server_listen();
	setup.format = rfc3164;
	logger_begin();
	lines_write(0, 10);
	await(got, "line 00009\n");
	descriptor_close(&peer);
	await(words, "problem: syslog 127.0.0.1: the server closed the connection; lines wait for it");
	lines_write(10, 20);
	await(got, "line 00019\n");
	expect_lines(0, 20);
	await(words, "works again\n");
}
END_TEST

/* A server that takes connections and never reads costs nothing but the lines that do not fit. */
START_TEST(test_never_read)
{
	monotime_t deadline = monotime_add(monotime_now(), PATIENCE_NS);
	char text[1001];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	server_open(AF_INET, SOCK_STREAM);
	server_listen();
	reading = false;
	logger_begin();
	while (strstr(words, "lines are lost: the server takes them too slowly") == NULL) {
		for (int i = 0; i < 200; i++)
			line_write(text);
		turn();
		ck_assert(monotime_before(monotime_now(), deadline));
	}
	ck_assert_int_eq(occurrences(words, "problem: "), 1);
	reading = true;
	await(got, " lines were lost: the server takes them too slowly");
	await(words, "note: ");
}
END_TEST

/* SIGUSR1: another connection, and every line once. */
START_TEST(test_reopen)
{
	server_open(AF_INET, SOCK_STREAM);
	server_listen();
	setup.format = rfc3164;
	logger_begin();
	lines_write(0, 500);
	await(got, "line 00499\n");
	output->kind->reopen(output);
	lines_write(500, 1000);
	for (int i = 0; i < 5000 && recv(peer, words, 1, MSG_PEEK | MSG_DONTWAIT) != 0; i++)
		turn();
	descriptor_close(&peer);
	memset(words, 0, sizeof(words));
	await(got, "line 00999\n");
	expect_lines(0, 1000);
	ck_assert_str_eq(words, "");
}
END_TEST

/* A datagram ends with a whole character. */
START_TEST(test_long)
{
	static char text[3 * 8192 + 1];
	size_t length;

	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	server_open(AF_INET, SOCK_DGRAM);
	logger_begin();
	line_write(text);
	line_write("next");
	output->kind->flush(output);
	await(got, "next|");
	length = strcspn(got, "|");
	ck_assert_uint_gt(length, 8192 - 3);
	ck_assert_uint_le(length, 8192);
	ck_assert_mem_eq(got + length - 3, "\xe2\x82\xac", 3);
}
END_TEST

START_TEST(test_left_at_the_end)
{
	logger_begin();
	lines_write(0, 7);
	await(words, "problem: ");
	output->kind->close(output);
	output = NULL;
	await(words, ": 7 lines were not delivered: No such file or directory\n");
}
END_TEST

START_TEST(test_path_too_long)
{
	static char longer[130];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	setup.destination = longer;
	logger_begin();
	await(words, "the path is too long for a socket");
}
END_TEST

static void
queue_add(struct syslog_queue *queue, const char *head, const char *body)
{
	ck_assert(syslog_queue_add(queue, head, body, strlen(body)));
}

static void
queue_expect(const struct syslog_queue *queue, const char *expected)
{
	const char *bytes;
	size_t length;

	ck_assert(syslog_queue_next(queue, &bytes, &length));
	ck_assert_uint_eq(length, strlen(expected));
	ck_assert_mem_eq(bytes, expected, length);
}

START_TEST(test_queue)
{
	struct syslog_queue queue;

	syslog_queue_init(&queue, 20);
	queue_add(&queue, "3 ", "one");
	queue_add(&queue, "", "two");
	queue_add(&queue, "", "three");
	ck_assert(syslog_queue_fits(&queue, 7) && !syslog_queue_fits(&queue, 8) && !syslog_queue_fits(&queue, SIZE_MAX));
	queue_expect(&queue, "3 one");
	syslog_queue_sent(&queue, 5, at(1));
	syslog_queue_sent(&queue, 3, at(2));
	syslog_queue_sent(&queue, 2, at(3));
	queue_expect(&queue, "ree");
	ck_assert_uint_eq(syslog_queue_waiting(&queue), 1);
	syslog_queue_arrived_bytes(&queue, 7);
	ck_assert_uint_eq(queue.size, 8); /* the first has arrived */
	syslog_queue_restart(&queue);
	queue_expect(&queue, "two");
	ck_assert_uint_eq(syslog_queue_waiting(&queue), 2);
	syslog_queue_sent(&queue, 3, at(4));
	syslog_queue_sent(&queue, 5, at(6));
	syslog_queue_arrived_before(&queue, at(5));
	ck_assert_uint_eq(queue.size, 5);
	syslog_queue_restart(&queue);
	syslog_queue_drop(&queue);
	ck_assert_uint_eq(queue.size, 0);
	queue_add(&queue, "", "four");
	queue_add(&queue, "", "five");
	syslog_queue_sent(&queue, 4, at(7));
	syslog_queue_clear(&queue);
	ck_assert_uint_eq(queue.size, 0);
}
END_TEST

/* The words of a helper go to descriptor 3: before libcheck takes it. */
static void
channel_occupy(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		exit(EXIT_FAILURE);
	word_fd = fcntl(pair[0], F_DUPFD_CLOEXEC, 10);
	close(pair[0]);
	if (pair[1] != CHANNEL_FD) {
		dup2(pair[1], CHANNEL_FD);
		close(pair[1]);
	}
}

int
main(void)
{
	Suite *suite = suite_create("syslog");
	TCase *tcase = unit_case(suite, "syslog"), *names = unit_case(suite, "names");
	int failed;

	channel_occupy();
	tcase_add_checked_fixture(tcase, syslog_setup, syslog_teardown);
	tcase_add_checked_fixture(names, syslog_setup, syslog_teardown);
	tcase_set_tags(names, UNIT_NATIVE); /* the child of a look-up has all descriptors of the test */
	tcase_add_test(tcase, test_local);
	tcase_add_test(tcase, test_local_stream);
	tcase_add_test(tcase, test_udp);
	tcase_add_loop_test(tcase, test_tcp, 0, 2);
	tcase_add_loop_test(names, test_name, 0, 2);
	tcase_add_test(names, test_name_without_address);
	tcase_add_test(tcase, test_late_local);
	tcase_add_test(tcase, test_restarted_local);
	tcase_add_test(tcase, test_full_local);
	tcase_add_test(tcase, test_late_udp);
	tcase_add_test(tcase, test_late_tcp);
	tcase_add_test(tcase, test_lost);
	tcase_add_test(tcase, test_reset);
	tcase_add_test(tcase, test_closed);
	tcase_add_test(tcase, test_never_read);
	tcase_add_test(tcase, test_reopen);
	tcase_add_test(tcase, test_long);
	tcase_add_test(tcase, test_left_at_the_end);
	tcase_add_test(tcase, test_path_too_long);
	tcase_add_test(tcase, test_queue);
	failed = unit_run(suite);
	close(word_fd);
	close(CHANNEL_FD);
	return failed;
}
