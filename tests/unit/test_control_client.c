/*
 * Clients of the control socket when there is no memory for something: for each allocation on the way in turn.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../supervisor/channel.h"
#include "../../supervisor/checks.h"
#include "../../supervisor/chronicle.h"
#include "../../supervisor/control_internal.h"
#include "../../supervisor/events.h"
#include "../../supervisor/loop.h"
#include "allocations.h"
#include "configs.h"
#include "seen.h"
#include "unit.h"

#define PATIENCE_NS (20 * NS_PER_SECOND)

static const char document[] =
    "exacheck: {exabgp: {output: 'socket /nonexistent/exabgp'}}\n"
    "checks:\n"
    "- {name: a, prefixes: [192.0.2.1, 192.0.2.2], rise: 1, drain_time: 5, drain: {metric: 5}, args: {method: file, path: /}}\n"
    "- {name: b, prefixes: [192.0.2.3], args: {method: file, path: /}}\n"
    "groups:\n"
    "- {name: g, members: [a, b], prefixes: [192.0.2.9], require: any}\n";

static uid_t asking; /* who is at the other end */
static struct event_base *base;
static struct ledger *ledger;
static struct checks *checks;
static struct config *config;
static struct events *events;
static struct channel *channel;
static struct chronicle chronicle;
static struct view_counts counts;
static struct view view;
static struct control *control;

/* In place of the C library's. */
int
getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	const struct ucred peer = {.pid = 1, .uid = asking, .gid = 1};

	(void)fd;
	if (level != SOL_SOCKET || name != SO_PEERCRED || *length < sizeof(peer))
		return -1;
	memcpy(value, &peer, sizeof(peer));
	*length = sizeof(peer);
	return 0;
}

static void *
memory_again(void *memory, size_t size)
{
	return allocation_fails() ? NULL : realloc(memory, size);
}

static void
setup(void)
{
	const struct checks_listener listener = {seen_transition, seen_change, &chronicle};
	const struct control_acts acts = {.context = NULL};
	const struct config nothing = {0};
	struct result result;
	struct plan *plan;

	event_set_mem_functions(malloc, memory_again, free); /* malloc is the one that fails */
	json_set_alloc_funcs(malloc, free);
	unit_log_silence();
	config = parse_clean(document);
	base = loop_new();
	ledger = ledger_new();
	events = events_new();
	checks = checks_new(ledger, &listener);
	plan = plan_new(&nothing, config);
	channel = channel_new(base, config, ledger, seen_ended, NULL);
	ck_assert(base != NULL && ledger != NULL && events != NULL && checks != NULL && plan != NULL && channel != NULL);
	chronicle = (struct chronicle){.checks = checks, .events = events};
	view = (struct view){.config = &config, .checks = checks, .ledger = ledger, .events = events, .channel = channel,
	    .counts = &counts};
	ck_assert(checks_prepare(checks, plan, config));
	checks_commit(checks, monotime_now());
	plan_free(plan);
	chronicle_begin(&chronicle);
	ck_assert_ptr_nonnull(control = control_new(base, &view, checks, NULL, &acts));
	events_listen(events, control_heard, control);
	result_pass(&result, "fine");
	check_result(checks_at(checks, 0), &result, NS_PER_MILLISECOND, monotime_now());
	asking = geteuid();
}

static void
teardown(void)
{
	events_listen(events, NULL, NULL);
	control_free(control);
	chronicle_end(&chronicle);
	channel_free(channel);
	checks_free(checks);
	events_free(events);
	ledger_free(ledger);
	config_free(config);
	event_base_free(base);
}

/* A client's end of a connection, for which these allocations succeed. */
static int
connect_client(int failing)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	allocations = failing;
	client_new(control, fds[0]);
	return fds[1];
}

START_TEST(who_is_not_taken_is_not_counted)
{
	size_t clients = 0;

	asking = geteuid() + 1;
	for (int failing = 0; clients < 2; failing++) {
		close(connect_client(failing));
		allocations = -1;
		clients += control->count > clients;
		ck_assert_msg(control->readers == clients, "%zu readers, %zu clients, without allocation %d", control->readers,
		    clients, failing);
	}
	ck_assert_uint_eq(control->count, clients);
}
END_TEST

static const struct request {
	const char *fields;
	bool overrides; /* all or none */
} requests[] = {
	{"\"version\"", false},
	{"\"status\",\"detail\":\"full\",\"names\":[\"a\",\"*\"]", false},
	{"\"status\",\"names\":[\"gg\"]", false},
	{"\"routes\",\"names\":[\"192.0.2.1\",\"g\"]", false},
	{"\"history\"", false},
	{"\"events\"", false},
	{"\"check\",\"names\":[\"a\",\"g\"]", false},
	{"\"drain\",\"names\":[\"*\"]", false}, /* some cannot */
	{"\"disable\",\"names\":[\"*\"],\"for_s\":60,\"reason\":\"a test\"", true},
	{"\"enable\",\"names\":[\"*\"]", true},
	{"\"statis\"", false},
	{"\"log\"", false},
};

/* Whether it is the last line of an answer; each is whole JSON. */
static bool
line_ends(const char *line, size_t length)
{
	json_t *map = json_loadb(line, length, 0, NULL);
	const char *type = json_string_value(json_object_get(map, "type"));
	bool ends;

	ck_assert_msg(type != NULL, "%.*s", (int)length, line);
	ends = strcmp(type, "end") == 0 || strcmp(type, "error") == 0;
	json_decref(map);
	return ends;
}

/* Whether the text ends an answer. */
static bool
text_ends(const char *text, size_t length)
{
	const char *newline;
	bool ends = false;

	for (; (newline = memchr(text, '\n', length)) != NULL; text = newline + 1) {
		ck_assert(!ends); /* nothing comes after the end */
		ends = line_ends(text, (size_t)(newline - text));
		length -= (size_t)(newline - text) + 1;
	}
	return ends;
}

/* Ask, without this allocation. Returns whether it was wanted; the answer comes to an end, or the connection does. */
static bool
ask_without(const struct request *request, int failing)
{
	char line[256], text[65536];
	const monotime_t until = monotime_add(monotime_now(), PATIENCE_NS);
	int length = snprintf(line, sizeof(line), "{\"protocol\":1,\"command\":%s}\n", request->fields);
	int fd = connect_client(failing), left;
	size_t size = 0;
	ssize_t got = -1;

	do {
		if (length > 0 && send(fd, line, (size_t)length, MSG_NOSIGNAL) == length)
			length = 0;
		event_base_loop(base, EVLOOP_NONBLOCK);
		left = allocations;
		allocations = -1; /* what follows is the test's own */
		if ((got = read(fd, text + size, sizeof(text) - size)) > 0)
			size += (size_t)got;
		ck_assert_msg(monotime_before(monotime_now(), until), "%s without allocation %d: no end of %.*s", request->fields,
		    failing, (int)size, text);
		got = text_ends(text, size) ? 0 : got;
		allocations = left;
	} while (got != 0);
	allocations = -1;
	close(fd);
	while (control->count > 0) {
		control_ready(TAILQ_FIRST(&control->clients));
		event_base_loop(base, EVLOOP_ONCE);
	}
	return left < 0;
}

START_TEST(a_name_of_a_file_is_no_text)
{
	static char odd[] = "/etc/\xff\xe2\x82.yaml";
	char *path = config->path;
	json_t *seen;

	config->path = odd;
	seen = view_exacheck(&view);
	config->path = path;
	ck_assert_ptr_nonnull(seen);
	ck_assert_str_eq(json_string_value(json_object_get(seen, "config")), "/etc/???.yaml");
	json_decref(seen);
}
END_TEST

static size_t
overridden(void)
{
	size_t count = 0;

	for (size_t rank = 0; rank < checks_node_count(checks); rank++)
		count += checks_node(checks, rank)->override.kind != OVERRIDE_NONE;
	return count;
}

START_TEST(every_answer_ends)
{
	const struct request *request = &requests[_i];
	const bool enable = strstr(request->fields, "enable") != NULL;
	struct override override;

	for (int failing = 0, wanted = 1; wanted; failing += unit_stride(5)) {
		for (size_t rank = 0; rank < checks_node_count(checks); rank++) {
			override = (struct override){.kind = OVERRIDE_DISABLE, .until = MONOTIME_NEVER};
			ck_assert(override_set_texts(&override, "a test", NULL));
			if (enable)
				checks_override(checks, rank, &override, monotime_now());
			else
				checks_release(checks, rank, "a test", monotime_now());
			override_clear(&override);
		}
		wanted = ask_without(request, failing);
		if (request->overrides)
			ck_assert_msg(overridden() == 0 || overridden() == checks_node_count(checks), "%zu, without allocation %d",
			    overridden(), failing);
		else
			ck_assert_uint_eq(overridden(), 0);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control_client");
	TCase *tcase = unit_case(suite, "memory");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, who_is_not_taken_is_not_counted);
	tcase_add_test(tcase, a_name_of_a_file_is_no_text);
	tcase_add_loop_test(tcase, every_answer_ends, 0, sizeof(requests) / sizeof(requests[0]));
	return unit_run(suite);
}
