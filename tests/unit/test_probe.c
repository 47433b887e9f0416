/*
 * The probe loop and the rule that combines several addresses' results, with scripted probes: what an
 * address does is decided by the last byte of it.
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../workers/probe.h"
#include "fake_resolver.h"
#include "unit.h"

/* Scripts, by the address's last byte. */
enum script {
	PASS_AT_ONCE = 1,
	FAIL_AT_ONCE,
	PASS_WHEN_READY, /* the descriptor is readable from the start */
	FAIL_WHEN_READY,
	SILENT,		 /* nothing ever; expired gives a time-out */
	SPINNING,	 /* nothing ever; expired does nothing */
	POSTPONING,	 /* expired postpones by 10 ms twice, then passes */
};

struct script_state {
	int peer; /* the socket pair's other end */
	int postponed;
	bool alive;
};

static struct remote_args args;
static struct result result;
static int alive; /* states between start and finish */
static int started;

static enum script
script(const struct probe *probe)
{
	return (enum script)probe->address.bytes[3];
}

static void
script_start(struct probe *probe)
{
	struct script_state *state = probe->state;
	int pair[2];

	ck_assert_int_eq(state->peer, 0);
	ck_assert(!state->alive);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	state->alive = true;
	alive++;
	started++;
	probe->fd = pair[0];
	state->peer = pair[1];
	probe->events = POLLIN;
	switch (script(probe)) {
	case PASS_AT_ONCE:
		result_pass(&probe->result, "at once");
		probe->done = true;
		break;
	case FAIL_AT_ONCE:
		probe_errno(probe, ECONNREFUSED, 80, "connect to");
		break;
	case PASS_WHEN_READY:
	case FAIL_WHEN_READY:
		ck_assert_int_eq(send(state->peer, "x", 1, 0), 1);
		break;
	case SILENT:
	case SPINNING:
	case POSTPONING:
		probe_limit(probe, 10 * NS_PER_MILLISECOND);
		break;
	}
}

static void
script_ready(struct probe *probe, short revents)
{
	ck_assert_int_eq(revents, POLLIN);
	if (script(probe) == PASS_WHEN_READY)
		result_pass(&probe->result, "ready");
	else
		result_fail(&probe->result, REASON_STATUS, "ready");
	probe->done = true;
}

static void
script_expired(struct probe *probe)
{
	struct script_state *state = probe->state;

	if (script(probe) == SILENT) {
		probe_timeout(probe, 53, "ask", 3);
	} else if (script(probe) == POSTPONING) {
		if (state->postponed++ < 2) {
			probe->deadline = monotime_add(probe->deadline, 10 * NS_PER_MILLISECOND);
			return;
		}
		result_pass(&probe->result, "postponed");
		probe->done = true;
	}
}

static void
script_finish(struct probe *probe)
{
	struct script_state *state = probe->state;

	ck_assert(state->alive);
	state->alive = false;
	alive--;
	close(state->peer);
}

static const struct probe_ops ops = {
    .state_size = sizeof(struct script_state),
    .start = script_start,
    .ready = script_ready,
    .expired = script_expired,
    .finish = script_finish,
};

static void
run(const char *host, bool all_valid)
{
	static char name[256];
	int before = unit_descriptors();

	snprintf(name, sizeof(name), "%s", host);
	args = (struct remote_args){.host = name, .address_family = -1, .all_valid = all_valid, .mark = OPTION_UNSET};
	memset(&result, 0, sizeof(result));
	started = 0;
	probe_all(&ops, &args, monotime_add(monotime_now(), 10 * NS_PER_SECOND), &result);
	ck_assert_int_eq(alive, 0);
	ck_assert_int_eq(unit_descriptors(), before);
}

START_TEST(one_address)
{
	static const struct {
		const char *host;
		enum result_code code;
		enum reason reason;
		const char *text;
	} rows[] = {
	    {"192.0.2.1", RESULT_PASS, REASON_OK, "at once"},
	    {"192.0.2.2", RESULT_FAIL, REASON_REFUSED, "connect to 192.0.2.2 port 80: Connection refused"},
	    {"192.0.2.3", RESULT_PASS, REASON_OK, "ready"},
	    {"192.0.2.4", RESULT_FAIL, REASON_STATUS, "ready"},
	    {"192.0.2.5", RESULT_FAIL, REASON_TIMEOUT,
		"ask 192.0.2.5 port 53: no answer within 0.01 s (3 packets that do not answer us ignored)"},
	    {"192.0.2.6", RESULT_FAIL, REASON_TIMEOUT, "probe of 192.0.2.6: no answer within 0.01 s"},
	    {"192.0.2.7", RESULT_PASS, REASON_OK, "postponed"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		run(rows[i].host, i % 2 == 0);
		ck_assert_int_eq(result.code, rows[i].code);
		ck_assert_int_eq(result.reason, rows[i].reason);
		ck_assert_str_eq(result.text, rows[i].text);
	}
}
END_TEST

START_TEST(any_ends_with_the_first_pass)
{
	run("192.0.2.2,192.0.2.1,192.0.2.5", false);
	ck_assert_int_eq(result.code, RESULT_PASS);
	ck_assert_int_eq(started, 2); /* the third was not even begun */
	ck_assert_str_eq(result.text, "192.0.2.1: at once");
	run("192.0.2.5,192.0.2.3", false);
	ck_assert_int_eq(result.code, RESULT_PASS);
	ck_assert_str_eq(result.text, "192.0.2.3: ready");
}
END_TEST

START_TEST(any_without_pass_tells_the_first_failure)
{
	run("192.0.2.5,192.0.2.2", false);
	ck_assert_int_eq(result.code, RESULT_FAIL);
	ck_assert_int_eq(result.reason, REASON_TIMEOUT); /* the resolver's order, not that of time */
	ck_assert_ptr_nonnull(strstr(result.text, "(none of 2 addresses passes)"));
}
END_TEST

START_TEST(all_valid_ends_with_the_first_failure)
{
	run("192.0.2.1,192.0.2.2,192.0.2.5", true);
	ck_assert_int_eq(result.code, RESULT_FAIL);
	ck_assert_int_eq(result.reason, REASON_REFUSED);
	ck_assert_int_eq(started, 2);
	run("192.0.2.1,192.0.2.3", true);
	ck_assert_int_eq(result.code, RESULT_PASS);
	ck_assert_str_eq(result.text, "192.0.2.1: at once (all 2 addresses pass)");
	run("192.0.2.3,192.0.2.7,192.0.2.5", true);
	ck_assert_int_eq(result.reason, REASON_TIMEOUT);
}
END_TEST

START_TEST(execution_deadline_bounds_every_probe)
{
	static char host[] = "192.0.2.7";
	monotime_t past;

	args = (struct remote_args){.host = host, .address_family = -1, .mark = OPTION_UNSET};
	past = monotime_add(monotime_now(), -NS_PER_SECOND);
	probe_all(&ops, &args, past, &result);
	ck_assert_int_eq(result.code, RESULT_FAIL);
	ck_assert_int_eq(result.reason, REASON_TIMEOUT);
	ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(name_that_does_not_resolve)
{
	fake_resolver_code = EAI_NONAME;
	run("192.0.2.1,192.0.2.3", false);
	fake_resolver_code = 0;
	ck_assert_int_eq(result.code, RESULT_FAIL);
	ck_assert_int_eq(result.reason, REASON_RESOLVE);
	ck_assert_int_eq(started, 0);
}
END_TEST

/* Every combination of pass, fail, error and no verdict on three addresses, against the rule in words. */
START_TEST(combine_every_combination)
{
	static const enum result_code codes[] = {RESULT_PASS, RESULT_FAIL, RESULT_ERROR, RESULT_CODES};
	struct address addresses[3];
	struct result results[3];

	for (int i = 0; i < 3; i++)
		ck_assert(address_parse(i == 0 ? "192.0.2.1" : i == 1 ? "192.0.2.2" : "2001:db8::3", &addresses[i]));
	for (int n = 0; n < 2 * 64; n++) {
		int first_pass = -1, first_other = -1, expected;

		args.all_valid = n >= 64;
		for (int i = 0; i < 3; i++) {
			results[i].code = codes[n >> (2 * i) & 3];
			results[i].reason = results[i].code == RESULT_PASS ? REASON_OK : REASON_REFUSED;
			snprintf(results[i].text, sizeof(results[i].text), "number %d", i);
			if (results[i].code == RESULT_PASS && first_pass == -1)
				first_pass = i;
			if ((results[i].code == RESULT_FAIL || results[i].code == RESULT_ERROR) && first_other == -1)
				first_other = i;
		}
		if (args.all_valid)
			expected = first_other != -1 ? first_other : first_pass;
		else
			expected = first_pass != -1 ? first_pass : first_other;
		probe_combine(&args, addresses, results, 3, &result);
		if (expected == -1) {
			ck_assert_int_eq(result.code, RESULT_ERROR);
			continue;
		}
		ck_assert_int_eq(result.code, results[expected].code);
		ck_assert_int_eq(result.reason, results[expected].reason);
		ck_assert_ptr_nonnull(strstr(result.text, results[expected].text));
		ck_assert_int_eq(strncmp(result.text, expected == 0 ? "192.0.2.1: " : expected == 1 ? "192.0.2.2: " :
		    "2001:db8::3: ", 11), 0);
	}
}
END_TEST

START_TEST(combine_long_text_is_cut)
{
	struct address addresses[2];
	struct result results[2];

	ck_assert(address_parse("192.0.2.1", &addresses[0]));
	ck_assert(address_parse("192.0.2.2", &addresses[1]));
	for (int i = 0; i < 2; i++) {
		results[i] = (struct result){.code = RESULT_FAIL, .reason = REASON_STATUS};
		memset(results[i].text, 'x', sizeof(results[i].text) - 1);
	}
	args.all_valid = false;
	probe_combine(&args, addresses, results, 2, &result);
	ck_assert_uint_eq(strlen(result.text), sizeof(result.text) - 1);
	ck_assert_ptr_nonnull(strstr(result.text, "x (none of 2 addresses passes)"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("probe");
	TCase *tcase = unit_case(suite, "probe");

	tcase_add_test(tcase, one_address);
	tcase_add_test(tcase, any_ends_with_the_first_pass);
	tcase_add_test(tcase, any_without_pass_tells_the_first_failure);
	tcase_add_test(tcase, all_valid_ends_with_the_first_failure);
	tcase_add_test(tcase, execution_deadline_bounds_every_probe);
	tcase_add_test(tcase, name_that_does_not_resolve);
	tcase_add_test(tcase, combine_every_combination);
	tcase_add_test(tcase, combine_long_text_is_cut);
	return unit_run(suite);
}
