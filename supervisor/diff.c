/*
 * A reload without processes: checks that are told that they pass, a ledger whose commands go to a file. Touches that
 * file. Invariant: nothing is worked out here.
 */
#include "diff.h"

#include "checks.h"
#include "exabgp.h"

/* As ExaBGP would hear it, which takes everything. file NULL: unheard. */
static void
say(struct ledger *ledger, enum exabgp_dialect dialect, FILE *file)
{
	const monotime_t now = {0};
	char line[EXABGP_LINE_MAX];
	struct route *route;

	while ((route = ledger_next(ledger, now)) != NULL) {
		if (file != NULL && exabgp_command(dialect, route_key(route), route_desired(route), line, sizeof(line)) > 0)
			fprintf(file, "%s\n", line);
		route_sent(ledger, route);
		route_answer(ledger, route, true, NULL, now);
	}
}

static bool
change(struct checks *checks, const struct config *from, const struct config *to)
{
	struct plan *plan = plan_new(from, to);
	bool prepared = plan != NULL && checks_prepare(checks, plan, to);

	if (prepared)
		checks_commit(checks, (monotime_t){0});
	plan_free(plan);
	return prepared;
}

static void
all_up(struct checks *checks)
{
	struct result result;

	result_pass(&result, "assumed");
	for (size_t i = 0; i < checks_count(checks); i++)
		while (checks_at(checks, i)->fsm.state != FSM_UP)
			check_result(checks_at(checks, i), &result, 0, (monotime_t){0});
}

bool
diff_print(const struct config *running, const struct config *next, FILE *file)
{
	const struct config nothing = {0};
	const struct checks_listener nobody = {0};
	enum exabgp_dialect dialect = next->global.exabgp.dialect == DIALECT_V6 ? DIALECT_V6 : DIALECT_V4;
	struct ledger *ledger = ledger_new();
	struct checks *checks = ledger != NULL ? checks_new(ledger, &nobody) : NULL;
	bool done = false;

	if (checks != NULL && change(checks, &nothing, running)) {
		ledger_settle(ledger);
		all_up(checks);
		say(ledger, dialect, NULL);
		if ((done = change(checks, running, next)))
			say(ledger, dialect, file);
	}
	checks_free(checks);
	ledger_free(ledger);
	return done;
}
