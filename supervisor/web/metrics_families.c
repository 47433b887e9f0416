/*
 * The table of all metrics. Touches nothing. Invariant: everything that is exposed is in it; exacheck(8) documents
 * it.
 */
#include "metrics_family.h"

static const char *const check_states[] = {"startup", "rising", "up", "falling", "down", "disabled", NULL};
static const char *const group_states[] = {"undecided", "up", "down", "disabled", NULL};

static const struct metrics_series build[] = {{"version", NULL, "version"}, {0}};
static const struct metrics_series exabgp[] = {{"dialect", "exabgp", "dialect"}, {"version", "exabgp", "version"}, {0}};
static const struct metrics_series check[] = {{"method", NULL, "method"}, {"sandbox", "worker", "sandbox"}, {0}};

static const struct metrics_series verbs[] = {
	{"announce", "exabgp", "announces"}, {"withdraw", "exabgp", "withdraws"}, {0}};
static const struct metrics_series reloads[] = {
	{"done", "reloads", "done"}, {"same", "reloads", "same"}, {"refused", "reloads", "refused"}, {0}};
static const struct metrics_series upgrades[] = {
	{"done", NULL, "upgrades"}, {"refused", NULL, "upgrades_refused"}, {0}};

static const struct metrics_series messages[] = {{"delivered", "notifications", "delivered"},
	{"failed", "notifications", "failed"}, {"gave_up", "notifications", "gave_up"}, {0}};
static const struct metrics_series helpers[] = {{"exacheck-log", "logging", "failures"},
	{"exacheck-notify", "notifications", "failures"}, {"exacheck-address", "addresses", "failures"}, {0}};

#define GAUGE(NAME, HELP) .name = {.name = "exacheck_" NAME, .type = METRICS_GAUGE, .help = HELP}
#define COUNTER(NAME, HELP) .name = {.name = "exacheck_" NAME, .type = METRICS_COUNTER, .help = HELP}
#define INFO(NAME, HELP) .name = {.name = "exacheck_" NAME, .type = METRICS_INFO, .help = HELP}
#define SECONDS(NAME, HELP) \
	.name = {.name = "exacheck_" NAME "_seconds", .type = METRICS_GAUGE, .unit = "seconds", .help = HELP}

const struct metrics_family metrics_families[] = {
	{GAUGE("up", "Whether exacheck runs, as far as exacheck-web knows."), .sample = metrics_sample_up},
	{SECONDS("feed_timestamp", "When exacheck-web last heard of exacheck, since 1970."), .sample = metrics_sample_heard},
	{INFO("build", "The version that runs."), .sample = metrics_sample_info, .series = build},
	{SECONDS("start_time", "When exacheck was started or upgraded, since 1970."), .key = "started"},
	{COUNTER("config_reloads", "Reloads of the configuration, by what came of them."), .label = "result",
	    .series = reloads},
	{COUNTER("upgrades", "Upgrades in place, by what came of them."), .label = "result", .series = upgrades},

	{COUNTER("log_lost", "Lines of the log that could not be handed to exacheck-log."), .in = "logging", .key = "lost"},
	{COUNTER("notifications_lost", "Events that could not be handed to exacheck-notify."), .in = "notifications",
	    .key = "lost"},
	{COUNTER("notifications", "Messages of notifications, by what came of them."), .label = "result", .series = messages},
	{GAUGE("addresses_wanted", "Addresses that are to be on interfaces now."), .in = "addresses", .key = "wanted"},
	{GAUGE("addresses_there", "How many of these are."), .in = "addresses", .key = "there"},
	{COUNTER("helper_failures", "How often a process beside the workers ended by itself."), .label = "helper",
	    .series = helpers},

	{INFO("exabgp", "The ExaBGP that is spoken to."), .sample = metrics_sample_info, .series = exabgp},
	{GAUGE("exabgp_connected", "Whether ExaBGP is there."), .in = "exabgp", .key = "connected"},
	{COUNTER("exabgp_commands", "Commands that ExaBGP was told, by verb."), .label = "verb", .series = verbs},
	{COUNTER("exabgp_errors", "Commands that ExaBGP refused."), .in = "exabgp", .key = "errors"},
	{COUNTER("exabgp_timeouts", "Commands that ExaBGP did not answer in time."), .in = "exabgp", .key = "timeouts"},
	{GAUGE("exabgp_pending", "Routes of which ExaBGP is yet to be told."), .in = "exabgp", .key = "pending"},
	{GAUGE("exabgp_in_flight", "Commands that ExaBGP is yet to answer."), .in = "exabgp", .key = "in_flight"},

	{INFO("check", "What a check is, and how its worker is confined."), .level = METRICS_CHECK,
	    .sample = metrics_sample_info, .series = check},
	{GAUGE("check_up", "Whether the check's verdict is up."), .level = METRICS_CHECK, .sample = metrics_sample_is_up},
	{GAUGE("check_state", "The state that a check is in: 1 for this one, else 0."), .level = METRICS_CHECK,
	    .key = "state", .label = "state", .words = check_states},
	{COUNTER("check_executions", "Executions of a check, by result and reason."), .level = METRICS_CHECK,
	    .sample = metrics_sample_executions},
	{.name = {.name = "exacheck_check_duration_seconds", .type = METRICS_HISTOGRAM, .unit = "seconds",
	    .help = "How long the executions of a check took."}, .level = METRICS_CHECK, .sample = metrics_sample_durations},
	{SECONDS("check_last_execution_timestamp", "When a check was last executed, since 1970."), .level = METRICS_CHECK,
	    .in = "last", .key = "time"},
	{SECONDS("check_interval", "From the start of an execution to that of the next."), .level = METRICS_CHECK,
	    .key = "interval_s"},
	{COUNTER("check_transitions", "Changes of the state of a check."), .level = METRICS_CHECK, .key = "transitions"},
	{SECONDS("check_last_change_timestamp", "When the state of a check last changed, since 1970."),
	    .level = METRICS_CHECK, .key = "since"},
	{GAUGE("check_held", "Whether min_up or min_down keeps a check from changing."), .level = METRICS_CHECK,
	    .key = "held_until", .sample = metrics_sample_present},
	{GAUGE("check_guarded", "Whether the guard keeps the routes of a check that is down."), .level = METRICS_CHECK,
	    .key = "guarded"},
	{GAUGE("check_overridden", "Whether an operator has disabled or drained a check."), .level = METRICS_CHECK,
	    .key = "override", .sample = metrics_sample_present},
	{SECONDS("check_override_timestamp", "When an operator disabled or drained a check, since 1970."),
	    .level = METRICS_CHECK, .in = "override", .key = "set"},
	{COUNTER("worker_restarts", "How often the worker of a check was replaced."), .level = METRICS_CHECK, .in = "worker",
	    .key = "restarts"},
	{COUNTER("lease_misses", "Executions of a check that failed because its worker was silent."),
	    .level = METRICS_CHECK, .sample = metrics_sample_lease_misses},

	{GAUGE("group_up", "Whether the group's verdict is up."), .level = METRICS_GROUP, .sample = metrics_sample_is_up},
	{GAUGE("group_state", "The state that a group is in: 1 for this one, else 0."), .level = METRICS_GROUP,
	    .key = "state", .label = "state", .words = group_states},
	{GAUGE("group_weight", "The weight of the members of a group that are up."), .level = METRICS_GROUP,
	    .sample = metrics_sample_weight},
	{GAUGE("group_threshold", "The weight that a group needs to be up."), .level = METRICS_GROUP, .key = "threshold"},
	{COUNTER("group_transitions", "Changes of the state of a group."), .level = METRICS_GROUP, .key = "transitions"},
	{SECONDS("group_last_change_timestamp", "When the state of a group last changed, since 1970."),
	    .level = METRICS_GROUP, .key = "since"},
	{GAUGE("group_held", "Whether min_up or min_down keeps a group from changing."), .level = METRICS_GROUP,
	    .key = "held_until", .sample = metrics_sample_present},
	{GAUGE("group_guarded", "Whether the guard keeps the routes of a group that is down."), .level = METRICS_GROUP,
	    .key = "guarded"},
	{GAUGE("group_overridden", "Whether an operator has disabled or drained a group."), .level = METRICS_GROUP,
	    .key = "override", .sample = metrics_sample_present},
	{SECONDS("group_override_timestamp", "When an operator disabled or drained a group, since 1970."),
	    .level = METRICS_GROUP, .in = "override", .key = "set"},

	{GAUGE("route_announced", "Whether a route is announced, for each check and group that has it."),
	    .level = METRICS_NODE, .sample = metrics_sample_announced},
	{GAUGE("route_rejected", "Whether ExaBGP refuses a route, for each check and group that has it."),
	    .level = METRICS_NODE, .sample = metrics_sample_rejected},
};

const size_t metrics_families_count = sizeof(metrics_families) / sizeof(metrics_families[0]);
