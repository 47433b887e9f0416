/*
 * The conversation with an ExaBGP whose every answer a test decides, in virtual time. Part of the program that
 * includes it: one conversation at a time.
 */
#ifndef EXACHECK_TESTS_SCRIPTED_EXABGP_H
#define EXACHECK_TESTS_SCRIPTED_EXABGP_H

#include <check.h>
#include <stdbool.h>
#include <string.h>

#include "../../supervisor/exabgp.h"
#include "../../supervisor/exabgp_command.h"
#include "routes.h"
#include "unit.h"

#define GREETING "\nsystem version\n"
#define ATTRIBUTES "next-hop self med 100"

static struct ledger *ledger;
static struct exabgp *exabgp;
static struct exabgp_options options;

static inline void
announce(const char *prefix, const char *neighbor)
{
	struct route_key route = key(prefix, neighbor);

	ck_assert(ledger_announce(ledger, &route, 0, 0, ATTRIBUTES));
}

static inline void
withdraw(const char *prefix, const char *neighbor)
{
	struct route_key route = key(prefix, neighbor);

	ck_assert(ledger_withdraw(ledger, &route, 0, 0));
}

static inline void
begin(enum exabgp_peer peer)
{
	exabgp = exabgp_new(&options, 0, ledger, peer, at(0));
	ck_assert_ptr_nonnull(exabgp);
}

/* Everything that is said now. */
static inline const char *
say(double now)
{
	static char said[65536];
	size_t length = 0, more;

	while ((more = exabgp_output(exabgp, said + length, EXABGP_LINE_MAX, at(now))) > 0) {
		length += more;
		ck_assert_int_eq(said[length - 1], '\n');
		ck_assert_uint_lt(length, sizeof(said) - EXABGP_LINE_MAX);
	}
	said[length] = '\0';
	return said;
}

/* Everything that is said now must be exactly this. */
static inline void
expect(const char *lines, double now)
{
	ck_assert_str_eq(say(now), lines);
}

/* Everything that is said now must be exactly these lines, in whatever order. */
static inline void
expect_set(const char *lines, double now)
{
	const char *said = say(now);

	ck_assert_msg(strlen(said) == strlen(lines), "%s instead of %s", said, lines);
	for (const char *line = lines, *end; *line != '\0'; line = end) {
		char wanted[512];

		end = strchr(line, '\n') + 1;
		ck_assert_uint_lt((size_t)(end - line), sizeof(wanted));
		memcpy(wanted, line, (size_t)(end - line));
		wanted[end - line] = '\0';
		ck_assert_msg(strstr(said, wanted) != NULL, "%s instead of %s", said, lines);
	}
}

static inline void
hear(const char *text, double now)
{
	exabgp_input(exabgp, text, strlen(text), at(now));
}

/* Let time pass as the channel does: a tick at every deadline. */
static inline void
pass(double until)
{
	for (int ticks = 0; !monotime_before(at(until), exabgp_deadline(exabgp)); ticks++) {
		ck_assert_int_lt(ticks, 1000);
		exabgp_tick(exabgp, exabgp_deadline(exabgp));
	}
	exabgp_tick(exabgp, at(until));
}

static inline struct exabgp_status
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

static inline void
search_visit(void *context, const struct route *route)
{
	struct search *search = context;

	if (prefix_compare(&route_key(route)->prefix, &search->prefix) == 0)
		search->found = route;
}

static inline const struct route *
find(const char *prefix)
{
	struct search search = {key(prefix, NULL).prefix, NULL};

	ledger_each(ledger, search_visit, &search);
	ck_assert_ptr_nonnull(search.found);
	return search.found;
}

static inline void
setup(void)
{
	unit_log_silence();
	ledger = ledger_new();
	ck_assert_ptr_nonnull(ledger);
	options = (struct exabgp_options){.dialect = DIALECT_AUTO, .ack = ACK_AUTO, .max_in_flight = 100};
	exabgp = NULL;
}

static inline void
teardown(void)
{
	exabgp_free(exabgp);
	ledger_free(ledger);
}

static inline void
begin_v4(void)
{
	begin(EXABGP_PARENT);
	expect(GREETING, 0);
	hear("error\nexabgp 4.2.21\ndone\n", 0);
}

#endif
