/*
 * The conversation with ExaBGP against a scripted peer in virtual time: every row of the dialect table,
 * answers in every form, lost answers, errors, resync. The random histories are in test_exabgp_random.c.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/log.h"
#include "../../supervisor/exabgp.h"
#include "../../supervisor/exabgp_command.h"

#define GREETING "\nsystem version\n"
#define ATTRIBUTES "next-hop self med 100"

static struct ledger *ledger;
static struct exabgp *exabgp;
static struct exabgp_options options;

static monotime_t
at(double seconds)
{
	return (monotime_t){(int64_t)(seconds * NS_PER_SECOND)};
}

static struct route_key
key(const char *prefix, const char *neighbor)
{
	struct route_key made = {.neighbor = neighbor};

	ck_assert_int_eq(prefix_parse(prefix, &made.prefix), PREFIX_OK);
	return made;
}

static void
announce(const char *prefix, const char *neighbor)
{
	struct route_key route = key(prefix, neighbor);

	ck_assert(ledger_announce(ledger, &route, 0, ATTRIBUTES));
}

static void
withdraw(const char *prefix, const char *neighbor)
{
	struct route_key route = key(prefix, neighbor);

	ck_assert(ledger_withdraw(ledger, &route, 0));
}

static void
begin(bool detect)
{
	exabgp = exabgp_new(&options, 0, ledger, detect, at(0));
	ck_assert_ptr_nonnull(exabgp);
}

/* Everything that is said now must be exactly this. */
static void
expect(const char *lines, double now)
{
	static char said[65536];
	size_t length = 0, more;

	while ((more = exabgp_output(exabgp, said + length, EXABGP_LINE_MAX, at(now))) > 0) {
		length += more;
		ck_assert_int_eq(said[length - 1], '\n');
		ck_assert_uint_lt(length, sizeof(said) - EXABGP_LINE_MAX);
	}
	said[length] = '\0';
	ck_assert_str_eq(said, lines);
}

static void
hear(const char *text, double now)
{
	exabgp_input(exabgp, text, strlen(text), at(now));
}

/* Let time pass as the channel does: a tick at every deadline. */
static void
pass(double until)
{
	for (int ticks = 0; !monotime_before(at(until), exabgp_deadline(exabgp)); ticks++) {
		ck_assert_int_lt(ticks, 1000);
		exabgp_tick(exabgp, exabgp_deadline(exabgp));
	}
	exabgp_tick(exabgp, at(until));
}

static struct exabgp_status
status(void)
{
	struct exabgp_status now;

	exabgp_status(exabgp, &now);
	return now;
}

struct search {
	struct prefix prefix;
	const struct route *found;
};

static void
search_visit(void *context, const struct route *route)
{
	struct search *search = context;

	if (prefix_compare(&route_key(route)->prefix, &search->prefix) == 0)
		search->found = route;
}

static const struct route *
find(const char *prefix)
{
	struct search search = {key(prefix, NULL).prefix, NULL};

	ledger_each(ledger, search_visit, &search);
	ck_assert_ptr_nonnull(search.found);
	return search.found;
}

static void
no_log(enum log_level level, const char *subject, const char *text)
{
	(void)level;
	(void)subject;
	(void)text;
}

static void
setup(void)
{
	log_set_sink(no_log);
	ledger = ledger_new();
	ck_assert_ptr_nonnull(ledger);
	options = (struct exabgp_options){.dialect = DIALECT_AUTO, .ack = ACK_AUTO, .max_in_flight = 100};
	exabgp = NULL;
}

static void
teardown(void)
{
	exabgp_free(exabgp);
	ledger_free(ledger);
}

/* The dialect table. */

static const struct {
	const char *answer;
	const char *version;
	enum exabgp_dialect dialect;
	bool acks;
} dialects[] = {
    {"error\nexabgp 4.2.21\ndone\n", "4.2.21", DIALECT_V4, true},
    {"error\nexabgp 5.0.8\ndone\n", "5.0.8", DIALECT_V4, true},
    {"done\n{\"version\": \"6.0.0-20260101\", \"application\": \"exabgp\"}\ndone\n", "6.0.0-20260101", DIALECT_V6, true},
    {"{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", "6.0.0", DIALECT_V6, true},
    {"error: unknown command\nerror\nexabgp 6.0.0\ndone\n", "6.0.0", DIALECT_V4, true},
    {"neighbor 127.0.0.1 up\n\nerror\nexabgp 4.2.21\ndone\n", "4.2.21", DIALECT_V4, true},
    {"done\ndone\nerror\nexabgp 4.2.21\ndone\n", "4.2.21", DIALECT_V4, true}, /* owed to a predecessor */
    {"exabgp 4.2.21\n", "4.2.21", DIALECT_V4, false},
    {"{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\n", "6.0.0", DIALECT_V6, false},
    {"", "", DIALECT_V4, false},
};

START_TEST(dialect_table)
{
	bool in_pieces = _i % 2 != 0;
	const char *answer = dialects[_i / 2].answer;
	const char *line = dialects[_i / 2].dialect == DIALECT_V6 ? "peer * announce route 192.0.2.1/32 " ATTRIBUTES "\n" :
								    "announce route 192.0.2.1/32 " ATTRIBUTES "\n";

	announce("192.0.2.1/32", NULL);
	begin(true);
	ck_assert(status().detecting);
	expect(GREETING, 0);
	expect("", 0);
	if (in_pieces)
		for (const char *byte = answer; *byte != '\0'; byte++)
			exabgp_input(exabgp, byte, 1, at(0.1));
	else
		hear(answer, 0.1);
	if (!dialects[_i / 2].acks) {
		expect("", 2);
		pass(4);
	}
	ck_assert(!status().detecting);
	ck_assert_int_eq(status().dialect, dialects[_i / 2].dialect);
	ck_assert_int_eq(status().acks, dialects[_i / 2].acks);
	ck_assert_str_eq(status().version, dialects[_i / 2].version);
	expect(line, 4);
	ck_assert_uint_eq(status().in_flight, dialects[_i / 2].acks ? 1 : 0);
	ck_assert_int_eq(exabgp_idle(exabgp), !dialects[_i / 2].acks);
	hear("done\n", 4.1);
	ck_assert(exabgp_idle(exabgp));
	ck_assert_int_eq(route_acked_status(find("192.0.2.1/32")), ROUTE_ANNOUNCED);
	expect("", 5);
}
END_TEST

START_TEST(detection_takes_its_time_exactly)
{
	announce("192.0.2.1/32", NULL);
	begin(true);
	expect(GREETING, 0);
	pass(2.999);
	expect("", 2.999);
	pass(3);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 3);
}
END_TEST

START_TEST(not_under_exabgp)
{
	announce("192.0.2.1/32", NULL);
	begin(false);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	ck_assert(exabgp_idle(exabgp));
	ck_assert_int_eq(exabgp_deadline(exabgp).ns, MONOTIME_NEVER.ns);
	withdraw("192.0.2.1/32", NULL);
	expect("withdraw route 192.0.2.1/32\n", 1);
	ck_assert_uint_eq(status().commands, 2);
}
END_TEST

START_TEST(forced_dialect_and_acks)
{
	options.dialect = DIALECT_V6;
	options.ack = ACK_ON;
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	begin(true);
	ck_assert(!status().detecting);
	expect("\npeer * announce route 192.0.2.1/32 " ATTRIBUTES "\npeer * announce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	hear("error\ndone\n", 0); /* the first is the bare newline's */
	ck_assert_int_eq(route_acked_status(find("192.0.2.1/32")), ROUTE_ANNOUNCED);
	ck_assert_int_eq(route_acked_status(find("192.0.2.2/32")), ROUTE_UNKNOWN);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
	ck_assert_uint_eq(status().errors, 0);
	hear("done\n", 0);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

START_TEST(forced_without_acks)
{
	options.dialect = DIALECT_V4;
	options.ack = ACK_OFF;
	announce("192.0.2.1/32", NULL);
	begin(true);
	expect("\nannounce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	ck_assert(exabgp_idle(exabgp));
	hear("error\ndone\n", 0);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
}
END_TEST

static void
begin_v4(void)
{
	begin(true);
	expect(GREETING, 0);
	hear("error\nexabgp 4.2.21\ndone\n", 0);
}

START_TEST(in_flight_is_bounded)
{
	options.max_in_flight = 2;
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	announce("192.0.2.3/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	withdraw("192.0.2.3/32", NULL);
	expect("", 0);
	ck_assert(!exabgp_idle(exabgp));
	hear("do", 0);
	expect("", 0);
	hear("ne\n", 0);
	expect("withdraw route 192.0.2.3/32\n", 0);
	hear("done\ndone\n", 0);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

/* Each way in which the first of two commands can be answered, then "done" for the second. */
static const struct {
	const char *answer;
	const char *error; /* NULL: done */
} answers[] = {
    {"done\n", NULL},
    {"neighbor 127.0.0.1 down - peer reset\n{ \"exabgp\": \"4.0.1\" }\n\ndone\n", NULL},
    {"error\n", "ExaBGP answered: error"},
    {"error: no such route\nerror\n", "no such route"},
    {"error: no such route\n", "no such route"},
    {"error: bad \x1b[31m\xff bytes\nerror\n", "bad ?[31m? bytes"},
};

START_TEST(answer_forms)
{
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	hear(answers[_i].answer, 0);
	hear("done\n", 0);
	ck_assert_uint_eq(status().in_flight, 0);
	ck_assert_int_eq(route_acked_status(find("192.0.2.2/32")), ROUTE_ANNOUNCED);
	ck_assert_ptr_null(route_error(find("192.0.2.2/32")));
	if (answers[_i].error == NULL) {
		ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
		return;
	}
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), answers[_i].error);
	ck_assert_uint_eq(status().errors, 1);
	ck_assert_int_eq(exabgp_deadline(exabgp).ns, at(1).ns);
	expect("", 0.9);
	pass(1);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 1);
	hear("done\n", 1);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
}
END_TEST

START_TEST(error_text_alone_is_an_answer_in_the_end)
{
	announce("192.0.2.1/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	hear("error: alone\n", 0);
	pass(1.9);
	ck_assert_uint_eq(status().in_flight, 1);
	pass(2);
	ck_assert_uint_eq(status().in_flight, 0);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "alone");
}
END_TEST

START_TEST(surplus_answers_are_ignored)
{
	announce("192.0.2.1/32", NULL);
	begin_v4();
	hear("done\nerror\nerror: x\nerror\n", 0);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	ck_assert_uint_eq(status().in_flight, 1);
	hear("done\nerror\n", 0);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
	ck_assert_int_eq(route_sent_status(find("192.0.2.1/32")), ROUTE_ANNOUNCED);
}
END_TEST

/* No answer for ten seconds: ask the version, let late answers go by, say it again. */
START_TEST(lost_answer)
{
	announce("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	hear("done\n", 1);
	pass(10.9);
	ck_assert_uint_eq(status().timeouts, 0);
	pass(11);
	ck_assert_uint_eq(status().timeouts, 1);
	ck_assert_uint_eq(status().in_flight, 0);
	expect("system version\n", 11);
	hear("error\n", 11.1); /* late, for the second */
	hear("exabgp 4.2.21\ndone\n", 11.2);
	hear("done\n", 11.9); /* even later */
	pass(12.8);
	expect("", 12.8);
	pass(13);
	expect("announce route 192.0.2.2/32 " ATTRIBUTES "\n", 13);
	ck_assert(status().acks);
	hear("done\n", 13);
	ck_assert(exabgp_idle(exabgp));
	ck_assert_ptr_null(route_error(find("192.0.2.2/32")));
}
END_TEST

/* A silent ExaBGP must not hold back withdraws; when it speaks again, everything is said again. */
START_TEST(exabgp_falls_silent_and_returns)
{
	announce("192.0.2.1/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	pass(10);
	expect("system version\n", 10);
	withdraw("192.0.2.1/32", NULL);
	announce("192.0.2.2/32", NULL);
	pass(12);
	ck_assert(!status().acks);
	expect("withdraw route 192.0.2.1/32\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 12);
	pass(100);
	expect("", 100);
	hear("done\nexabgp 4.2.21\ndone\ndone\ndone\n", 100);
	expect("", 100);
	pass(101);
	ck_assert(status().acks);
	expect("withdraw route 192.0.2.1/32\nannounce route 192.0.2.2/32 " ATTRIBUTES "\n", 101);
	hear("done\ndone\n", 101);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

/* The version comes after detection gave up: what was said may have been in the wrong dialect. */
START_TEST(version_comes_late)
{
	announce("192.0.2.1/32", NULL);
	begin(true);
	expect(GREETING, 0);
	pass(3);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 3);
	hear("done\n{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\nerror: unknown command\nerror\n", 20);
	expect("", 20);
	pass(21);
	expect("peer * announce route 192.0.2.1/32 " ATTRIBUTES "\n", 21);
	hear("done\n", 21);
	ck_assert(status().acks && exabgp_idle(exabgp));
}
END_TEST

/* A command that ExaBGP never answers does not stop the others for long, again and again. */
START_TEST(never_answered_command_backs_off)
{
	static char said[EXABGP_LINE_MAX];
	unsigned commands = 0;
	double now = 0;

	announce("192.0.2.1/32", NULL);
	begin_v4();
	for (; now < 600; now += 0.5) {
		size_t length = exabgp_output(exabgp, said, sizeof(said), at(now));

		said[length < sizeof(said) ? length : 0] = '\0';
		if (strstr(said, "system version\n") != NULL)
			hear("exabgp 4.2.21\ndone\n", now);
		commands += strstr(said, "announce") != NULL;
		pass(now + 0.5);
	}
	ck_assert_uint_ge(commands, 8);
	ck_assert_uint_le(commands, 20);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "no answer from ExaBGP");
}
END_TEST

START_TEST(resync)
{
	exabgp = exabgp_new(&options, 300 * NS_PER_SECOND, ledger, true, at(0));
	announce("192.0.2.1/32", NULL);
	withdraw("192.0.2.2/32", NULL);
	expect(GREETING, 0);
	hear("error\nexabgp 4.2.21\ndone\n", 0);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\nwithdraw route 192.0.2.2/32\n", 0);
	hear("done\ndone\n", 0);
	pass(299);
	expect("", 299);
	pass(300);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 300);
	/* The next one waits for the answer, for two seconds. */
	announce("192.0.2.3/32", NULL);
	for (double now = 305; now < 600; now += 5) {
		hear("done\n", now);
		withdraw("192.0.2.3/32", NULL);
		exabgp_output(exabgp, (char[EXABGP_LINE_MAX]){0}, EXABGP_LINE_MAX, at(now));
		announce("192.0.2.3/32", NULL);
		exabgp_output(exabgp, (char[EXABGP_LINE_MAX]){0}, EXABGP_LINE_MAX, at(now));
		hear("done\n", now);
		pass(now);
	}
	ck_assert_uint_eq(status().timeouts, 0);
	ck_assert_uint_gt(status().in_flight, 0);
	pass(600);
	expect("", 600);
	pass(602);
	ck_assert_uint_eq(status().timeouts, 1);
	expect("system version\n", 602);
}
END_TEST

START_TEST(resync_without_acks)
{
	options.ack = ACK_OFF;
	options.dialect = DIALECT_V4;
	exabgp = exabgp_new(&options, 300 * NS_PER_SECOND, ledger, true, at(0));
	announce("192.0.2.1/32", NULL);
	expect("\nannounce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	pass(300);
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 300);
	pass(599);
	expect("", 599);
}
END_TEST

static const char *const shutdowns[] = {"shutdown 1234 1233\n", "shutdown\n",
    "{ \"exabgp\": \"4.0.1\", \"type\": \"notification\", \"notification\": \"shutdown\" }\n"};

START_TEST(shutdown_is_heard)
{
	begin_v4();
	hear("shutdowns are not asked for\nno shutdown\n", 0);
	ck_assert(!exabgp_shutdown_asked(exabgp));
	hear(shutdowns[_i], 0);
	ck_assert(exabgp_shutdown_asked(exabgp));
}
END_TEST

START_TEST(long_lines_are_dropped)
{
	static char flood[300000];

	announce("192.0.2.1/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	memset(flood, 'x', sizeof(flood));
	memcpy(flood + sizeof(flood) - 5, "done\n", 5); /* the end of a long line, not an answer */
	exabgp_input(exabgp, flood, sizeof(flood), at(0));
	ck_assert_uint_eq(status().in_flight, 1);
	hear("done\n", 0);
	ck_assert_uint_eq(status().in_flight, 0);
	/* The longest that fits, and one byte more. */
	flood[65534] = flood[65535] = '\n';
	exabgp_input(exabgp, flood, 65536, at(0));
	exabgp_input(exabgp, "\0\0\n\n", 4, at(0));
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

/* ExaBGP 6 takes a neighbor that it does not have for all neighbors. */
START_TEST(v6_asks_for_its_neighbors)
{
	announce("192.0.2.1/32", "10.0.0.1");
	begin(true);
	expect(GREETING, 0);
	hear("done\n{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", 0);
	expect("peer list\n", 0);
	announce("192.0.2.2/32", NULL);
	expect("", 0);
	hear("[{\"peer-address\": \"10.0.0.11\", \"peer-as\": 1, \"state\": null}, {\"peer-address\": \"10.0.0.2\"}]\n", 0);
	expect("", 0);
	hear("done\n", 0);
	expect("peer * announce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "ExaBGP has no such neighbor");
	hear("done\n", 0);
	pass(2);
	expect("", 2); /* refused again: the list is still fresh */
	pass(10);
	expect("peer list\n", 10);
	hear("[{\"peer-address\": \"10.0.0.1\", \"peer-as\": 1}]\ndone\n", 10);
	expect("peer 10.0.0.1 announce route 192.0.2.1/32 " ATTRIBUTES "\n", 10);
	hear("done\n", 10);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
	withdraw("192.0.2.1/32", "10.0.0.1");
	expect("peer 10.0.0.1 withdraw route 192.0.2.1/32\n", 12);
	hear("done\n", 12);
	ck_assert(exabgp_idle(exabgp));
}
END_TEST

START_TEST(v6_list_never_comes)
{
	announce("192.0.2.1/32", "10.0.0.1");
	announce("192.0.2.2/32", NULL);
	begin(true);
	expect(GREETING, 0);
	hear("{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", 0);
	expect("peer list\n", 0);
	pass(2);
	expect("", 2);
	pass(3);
	expect("peer * announce route 192.0.2.2/32 " ATTRIBUTES "\n", 3);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "ExaBGP has no such neighbor");
}
END_TEST

/* At the end nothing is awaited, yet late answers come: none of them is the list. */
START_TEST(v6_list_among_late_answers)
{
	announce("192.0.2.1/32", "10.0.0.1");
	begin(true);
	expect(GREETING, 0);
	hear("{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\ndone\n", 0);
	expect("peer list\n", 0);
	hear("[{\"peer-address\": \"10.0.0.1\"}]\ndone\n", 0);
	expect("peer 10.0.0.1 announce route 192.0.2.1/32 " ATTRIBUTES "\n", 0);
	withdraw("192.0.2.1/32", "10.0.0.1");
	exabgp_hurry(exabgp, at(9));
	expect("peer list\n", 9);
	hear("done\n", 9);
	expect("", 9);
	hear("[{\"peer-address\": \"10.0.0.1\"}]\n", 9);
	expect("peer 10.0.0.1 withdraw route 192.0.2.1/32\n", 9);
	ck_assert_ptr_null(route_error(find("192.0.2.1/32")));
}
END_TEST

/* Spelling. */

static const struct {
	enum exabgp_dialect dialect;
	const char *prefix, *neighbor, *attributes;
	int64_t path_id; /* negative: none */
	const char *line; /* "": refused */
} spellings[] = {
    {DIALECT_V4, "192.0.2.0/24", NULL, "next-hop self", -1, "announce route 192.0.2.0/24 next-hop self"},
    {DIALECT_V4, "192.0.2.1", NULL, NULL, -1, "withdraw route 192.0.2.1/32"},
    {DIALECT_V4, "2001:db8::/32", "10.0.0.1", "next-hop 2001:db8::1", -1,
	"neighbor 10.0.0.1 announce route 2001:db8::/32 next-hop 2001:db8::1"},
    {DIALECT_V4, "192.0.2.1", "2001:db8::1", NULL, 7,
	"neighbor 2001:db8::1 withdraw route 192.0.2.1/32 path-information 7"},
    {DIALECT_V6, "192.0.2.1", NULL, "next-hop self med 0", 0,
	"peer * announce route 192.0.2.1/32 path-information 0 next-hop self med 0"},
    {DIALECT_V6, "192.0.2.1", "10.0.0.1", NULL, 4294967295,
	"peer 10.0.0.1 withdraw route 192.0.2.1/32 path-information 4294967295"},
    {DIALECT_V4, "192.0.2.1", NULL,
	"next-hop self med 1 local-preference 2 as-path [ 1 2 ] community [ 1:2 ] large-community [ 1:2:3 ] "
	"extended-community [ 0x00020001000000FF ]",
	-1,
	"announce route 192.0.2.1/32 next-hop self med 1 local-preference 2 as-path [ 1 2 ] community [ 1:2 ] "
	"large-community [ 1:2:3 ] extended-community [ 0x00020001000000FF ]"},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self community [ no-export ]", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self\nshutdown", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self restart", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop  self", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop self\t", -1, ""},
    {DIALECT_V4, "192.0.2.1", NULL, "next-hop s\xc3\xa9lf", -1, ""},
    {DIALECT_V4, "192.0.2.1", "fe80::1%eth0", NULL, -1, ""},
};

START_TEST(spelling)
{
	struct route_key route = key(spellings[_i].prefix, spellings[_i].neighbor);
	char line[512] = "";
	size_t length = strlen(spellings[_i].line);

	route.has_path_id = spellings[_i].path_id >= 0;
	route.path_id = route.has_path_id ? (uint32_t)spellings[_i].path_id : 0;
	ck_assert_uint_eq(exabgp_command(spellings[_i].dialect, &route, spellings[_i].attributes, line, sizeof(line)), length);
	if (length == 0)
		return;
	ck_assert_str_eq(line, spellings[_i].line);
	/* Exactly enough room, and one byte less. */
	ck_assert_uint_eq(exabgp_command(spellings[_i].dialect, &route, spellings[_i].attributes, line, length + 1), length);
	for (size_t size = 0; size <= length; size++)
		ck_assert_uint_eq(
		    exabgp_command(spellings[_i].dialect, &route, spellings[_i].attributes, line, size), 0);
}
END_TEST

START_TEST(words_that_exabgp_obeys_anywhere)
{
	static const char *const words[] = {"reload", "restart", "reset", "shutdown", "help", "version", "teardown", "crash",
	    "flush", "show", "eor", "#", ";", "done", "announces", "rout", "x\n", "-1"};
	char line[100];

	ck_assert(exabgp_command_allowed("announce route 1.2.3.4/32 next-hop self"));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(line, sizeof(line), "announce route 1.2.3.4/32 %s next-hop self", words[i]);
		ck_assert_msg(!exabgp_command_allowed(line), "%s", line);
		ck_assert_msg(!exabgp_command_allowed(words[i]), "%s", words[i]);
	}
	ck_assert(!exabgp_command_allowed(""));
	ck_assert(!exabgp_command_allowed(" announce"));
	ck_assert(!exabgp_command_allowed("announce "));
}
END_TEST

/* What cannot be said is refused and leaves the others alone. */
START_TEST(impossible_commands)
{
	struct route_key route = key("192.0.2.1/32", NULL);
	char *attributes = malloc(EXABGP_LINE_MAX + 20);

	ck_assert_ptr_nonnull(attributes);
	memset(attributes, '1', EXABGP_LINE_MAX + 19);
	attributes[EXABGP_LINE_MAX + 19] = '\0';
	ck_assert(ledger_announce(ledger, &route, 0, attributes));
	announce("192.0.2.2/32", NULL);
	begin_v4();
	expect("announce route 192.0.2.2/32 " ATTRIBUTES "\n", 0);
	ck_assert_str_eq(route_error(find("192.0.2.1/32")), "the command is too long or not allowed");
	ck_assert_uint_eq(status().in_flight, 1);
	hear("done\n", 0);
	ck_assert(exabgp_idle(exabgp));
	/* The longest line that fits is said, whole. */
	attributes[EXABGP_LINE_MAX - 1 - strlen("announce route 192.0.2.1/32 ")] = '\0';
	ck_assert(ledger_announce(ledger, &route, 0, attributes));
	announce("192.0.2.3/32", NULL);
	ck_assert_uint_eq(exabgp_output(exabgp, (char[EXABGP_LINE_MAX]){0}, EXABGP_LINE_MAX, at(0)), EXABGP_LINE_MAX);
	expect("announce route 192.0.2.3/32 " ATTRIBUTES "\n", 0);
	free(attributes);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("exabgp");
	TCase *tcase = tcase_create("exabgp");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, dialect_table, 0, 2 * COUNT(dialects));
	tcase_add_test(tcase, detection_takes_its_time_exactly);
	tcase_add_test(tcase, not_under_exabgp);
	tcase_add_test(tcase, forced_dialect_and_acks);
	tcase_add_test(tcase, forced_without_acks);
	tcase_add_test(tcase, in_flight_is_bounded);
	tcase_add_loop_test(tcase, answer_forms, 0, COUNT(answers));
	tcase_add_test(tcase, error_text_alone_is_an_answer_in_the_end);
	tcase_add_test(tcase, surplus_answers_are_ignored);
	tcase_add_test(tcase, lost_answer);
	tcase_add_test(tcase, exabgp_falls_silent_and_returns);
	tcase_add_test(tcase, version_comes_late);
	tcase_add_test(tcase, never_answered_command_backs_off);
	tcase_add_test(tcase, resync);
	tcase_add_test(tcase, resync_without_acks);
	tcase_add_loop_test(tcase, shutdown_is_heard, 0, COUNT(shutdowns));
	tcase_add_test(tcase, long_lines_are_dropped);
	tcase_add_test(tcase, v6_asks_for_its_neighbors);
	tcase_add_test(tcase, v6_list_never_comes);
	tcase_add_test(tcase, v6_list_among_late_answers);
	tcase_add_loop_test(tcase, spelling, 0, COUNT(spellings));
	tcase_add_test(tcase, words_that_exabgp_obeys_anywhere);
	tcase_add_test(tcase, impossible_commands);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
