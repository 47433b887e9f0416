/*
 * Couriers: what they bring to a server that answers as it is told, and what becomes of those that bring nothing.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../supervisor/notify/courier.h"
#include "../../supervisor/notify/target.h"
#include "unit.h"

#define LIMIT_NS (60 * NS_PER_SECOND)

static struct event_base *base;
static int listening;
static unsigned port;

/* How a courier ended. */
static struct ending {
	int count;
	enum courier_end end;
	char text[256];
} ending;

static void
courier_ended(void *context, enum courier_end end, const char *text)
{
	struct ending *where = context;

	where->count++;
	where->end = end;
	snprintf(where->text, sizeof(where->text), "%s", text);
	event_base_loopbreak(base);
}

static void
setup(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	signal(SIGPIPE, SIG_IGN);
	ending = (struct ending){0};
	base = event_base_new();
	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &length), 0);
	port = ntohs(address.sin_port);
}

static void
teardown(void)
{
	event_base_free(base);
	close(listening);
}

static struct target *
target_open(const char *format)
{
	char url[256], error[TARGET_ERROR_SIZE];
	struct target *target;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(url, sizeof(url), format, port);
#pragma GCC diagnostic pop
	target = target_new("ops", url, error);
	ck_assert_msg(target != NULL, "%s", error);
	return target;
}

/* A process that takes one connection, writes what it reads up to the end of a request's body to seen, and answers. */
static pid_t
server_start(const char *answer, int *seen)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	if ((pid = fork()) == 0) {
		char text[8192] = "";
		size_t length = 0;
		int fd = accept(listening, NULL, NULL);

		while (strstr(text, "\r\n\r\n") == NULL || strstr(text, "}") == NULL) {
			ssize_t more = read(fd, text + length, sizeof(text) - 1 - length);

			if (more <= 0)
				_exit(1);
			length += (size_t)more;
		}
		if (write(ends[1], text, length) != (ssize_t)length || write(fd, answer, strlen(answer)) == -1)
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	*seen = ends[0];
	return pid;
}

static void
seen_read(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t more;

	while ((more = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)more;
	text[length] = '\0';
	close(fd);
}

static void
letter_send(const struct target *target, int64_t limit_ns)
{
	char title[] = "Title", body[] = "First line\nsecond \xc3\xa9\n";
	json_t *events = json_array();
	const struct letter letter = {.kind = LETTER_FAILURE, .title = title, .body = body, .data = events};
	struct courier *courier = courier_send(base, target, &letter, limit_ns, courier_ended, &ending);

	ck_assert_ptr_nonnull(courier);
	json_decref(events);
	ck_assert_int_ge(event_base_dispatch(base), 0);
	ck_assert_int_eq(ending.count, 1);
	/* what was killed is reaped: then the loop has nothing to do */
	ck_assert_int_eq(event_base_dispatch(base), 1);
	ck_assert_int_eq(ending.count, 1);
}

START_TEST(test_delivered)
{
	struct target *target = target_open(
	    "json://us%%40er:pass@127.0.0.1:%u/a%%20b/c d?+X-Token=t1&-q=1 2&:extra=x&:title=subject");
	char text[8192];
	int seen;
	pid_t server = server_start("HTTP/1.1 204 No Content\r\n\r\n", &seen);

	letter_send(target, LIMIT_NS);
	ck_assert_str_eq(ending.text, "HTTP status 204");
	ck_assert_int_eq(ending.end, COURIER_DELIVERED);
	seen_read(seen, text, sizeof(text));
	ck_assert_msg(strncmp(text, "POST /a%20b/c%20d?q=1%202 HTTP/1.1\r\n", 36) == 0, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\r\nAuthorization: Basic dXNAZXI6cGFzcw==\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nX-Token: t1\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nUser-Agent: exacheck/"));
	ck_assert_ptr_null(strstr(text, "Expect"));
	ck_assert_ptr_nonnull(strstr(text, "\"version\":\"1.0\""));
	ck_assert_ptr_nonnull(strstr(text, "\"subject\":\"Title\""));
	ck_assert_ptr_nonnull(strstr(text, "\"message\":\"First line\\nsecond \xc3\xa9\\n\""));
	ck_assert_ptr_nonnull(strstr(text, "\"type\":\"failure\""));
	ck_assert_ptr_nonnull(strstr(text, "\"extra\":\"x\""));
	waitpid(server, NULL, 0);
	target_free(target);
}
END_TEST

static const struct {
	const char *answer;
	enum courier_end end;
	const char *text;
} answers[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", COURIER_DELIVERED, "HTTP status 200"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", COURIER_DELIVERED, "HTTP status 200"},
	{"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", COURIER_NEVER,
	    "HTTP status 301: redirects are not followed"},
	{"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", COURIER_NEVER,
	    "HTTP status 401: user, password or token are refused"},
	{"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", COURIER_NEVER, "HTTP status 404"},
	{"HTTP/1.1 408 No\r\nContent-Length: 0\r\n\r\n", COURIER_LATER, "HTTP status 408"},
	{"HTTP/1.1 425 No\r\nContent-Length: 0\r\n\r\n", COURIER_LATER, "HTTP status 425"},
	{"HTTP/1.1 429 No\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", COURIER_LATER, "HTTP status 429"},
	{"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", COURIER_LATER, "HTTP status 503"},
	{"nonsense\r\n\r\n", COURIER_LATER, NULL},
	{"", COURIER_LATER, "connection closed without an answer"},
};

START_TEST(test_answers)
{
	struct target *target = target_open("json://127.0.0.1:%u");
	char text[8192];
	int seen;
	pid_t server = server_start(answers[_i].answer, &seen);

	letter_send(target, LIMIT_NS);
	ck_assert_int_eq(ending.end, answers[_i].end);
	if (answers[_i].text != NULL)
		ck_assert_str_eq(ending.text, answers[_i].text);
	seen_read(seen, text, sizeof(text));
	waitpid(server, NULL, 0);
	target_free(target);
}
END_TEST

START_TEST(test_refused_connection)
{
	struct target *target = target_open("json://127.0.0.1:%u");

	close(listening);
	letter_send(target, LIMIT_NS);
	ck_assert_int_eq(ending.end, COURIER_LATER);
	ck_assert_str_eq(ending.text, "Connection refused");
	listening = -1;
	target_free(target);
}
END_TEST

/* Nobody answers: libcurl's own time-out, and where that does not come, ours. */
START_TEST(test_hanging)
{
	struct target *target = target_open("json://127.0.0.1:%u");

	letter_send(target, NS_PER_SECOND / 2);
	ck_assert_int_eq(ending.end, COURIER_LATER);
	ck_assert_msg(strcmp(ending.text, "no answer in time") == 0 || strcmp(ending.text, "not done within 0.5 s") == 0, "%s",
	    ending.text);
	target_free(target);
}
END_TEST

START_TEST(test_freed)
{
	struct target *target = target_open("json://127.0.0.1:%u");
	json_t *events = json_array();
	char title[] = "Title", body[] = "Body";
	const struct letter letter = {.kind = LETTER_INFO, .title = title, .body = body, .data = events};
	int before = unit_descriptors();

	for (int i = 0; i < 3; i++) {
		struct courier *courier = courier_send(base, target, &letter, LIMIT_NS, courier_ended, &ending);

		ck_assert_ptr_nonnull(courier);
		courier_free(courier);
	}
	json_decref(events);
	event_base_dispatch(base);
	ck_assert_int_eq(ending.count, 0);
	ck_assert_int_eq(unit_descriptors(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	target_free(target);
}
END_TEST

START_TEST(test_targets)
{
	char error[TARGET_ERROR_SIZE] = "";
	struct target *target;

	ck_assert_ptr_null(target_new("ops", "json://hunter2:x", error));
	ck_assert_ptr_nonnull(strstr(error, "a host name or address"));
	ck_assert_ptr_null(target_new("ops", "jsons://127.0.0.1/?ca_file=/nonexistent/hunter2", error));
	ck_assert_str_eq(error, "its ca_file cannot be read, or is none");
	ck_assert_ptr_null(target_new_sentry("https://host/1", error));
	target = target_new_sentry("http://key@127.0.0.1/1", error);
	ck_assert_str_eq(target_name(target), "sentry");
	ck_assert(!target_needs_apprise(target));
	target_free(target);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("courier");
	TCase *tcase = unit_case(suite, "couriers"), *plain = unit_case(suite, "targets");

	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_delivered);
	tcase_add_loop_test(tcase, test_answers, 0, COUNT(answers));
	tcase_add_test(tcase, test_refused_connection);
	tcase_add_test(tcase, test_hanging);
	tcase_add_test(tcase, test_freed);
	tcase_add_test(plain, test_targets);
	return unit_run(suite);
}
