/*
 * The option tables of the configuration apart from the methods' arguments (common/methods/) and where exacheck tells
 * what happens (config_tables_outlets.c).
 */
#include "../common/message.h"
#include "../common/methods/shell.h"
#include "config.h"

#define YEAR_S 31536000.0
#define UINT32_MAX_D 4294967295.0
#define DRAIN_MAX_S 3600.0
#define HOOK_TIMEOUT_MAX_S 3600.0
#define SOCKET_PATH_MAX 107 /* see unix(7) */
#define WEIGHT_MAX 1000000 /* sums of all members' fit 64 bits easily */

static const char *const on_exit_choices[] = {"withdraw", "keep", NULL};
static const char *const sandbox_level_choices[] = {"best_effort", "strict", "off", NULL};
static const char *const dialect_choices[] = {"auto", "v4", "v6", NULL};
static const char *const ack_choices[] = {"auto", "on", "off", NULL};

/* The attributes of a route. */
#define ATTRIBUTES(STRUCT, SET) \
	{.name = "metric", .type = OPTION_INTEGER, .offset = offsetof(STRUCT, SET metric), .min = 0, .max = UINT32_MAX_D, \
	    .help = "MED of the routes"}, \
	{.name = "local_preference", .type = OPTION_INTEGER, .offset = offsetof(STRUCT, SET local_preference), .min = 0, \
	    .max = UINT32_MAX_D, .help = "local preference of the routes"}, \
	{.name = "communities", .type = OPTION_COMMUNITY, .flags = OPTION_LIST, .offset = offsetof(STRUCT, SET communities), \
	    .help = "standard A:B, large A:B:C, extended target:A:N, origin:A:N, 0x and 16 hex digits, or names"}, \
	{.name = "as_path", .type = OPTION_AS_PATH, .offset = offsetof(STRUCT, SET as_path), \
	    .help = "AS numbers separated by blanks"}

static const struct option set_table[] = {
	ATTRIBUTES(struct attribute_set, ),
	OPTION_END,
};

static const struct option exabgp_table[] = {
	{.name = "output", .type = OPTION_STRING, .offset = offsetof(struct exabgp_options, output),
	    .fallback = "stdout", .help = "the way to ExaBGP: stdout, \"fifo DIRECTORY\" or \"socket PATH\""},
	{.name = "dialect", .type = OPTION_CHOICE, .offset = offsetof(struct exabgp_options, dialect),
	    .choices = dialect_choices, .fallback = "auto", .help = "the language of commands; auto: ask ExaBGP"},
	{.name = "ack", .type = OPTION_CHOICE, .offset = offsetof(struct exabgp_options, ack),
	    .choices = ack_choices, .fallback = "auto", .help = "whether ExaBGP answers commands; auto: find out"},
	{.name = "max_in_flight", .type = OPTION_INTEGER, .offset = offsetof(struct exabgp_options, max_in_flight),
	    .min = 1, .max = 10000, .fallback = "100", .help = "commands that may be unanswered at a time"},
	OPTION_END,
};

static const struct option guard_table[] = {
	{.name = "max_withdraw", .type = OPTION_PERCENT, .flags = OPTION_REQUIRED,
	    .offset = offsetof(struct guard_options, max_withdraw_ppm),
	    .help = "share of the announced routes that failing checks may withdraw in a window, such as 50%"},
	{.name = "window", .type = OPTION_SECONDS, .flags = OPTION_REQUIRED | OPTION_ABOVE_MIN,
	    .offset = offsetof(struct guard_options, window_ns), .min = 0, .max = YEAR_S, .unit = "seconds",
	    .help = "the window for max_withdraw"},
	OPTION_END,
};

static const struct option control_table[] = {
	{.name = "socket", .type = OPTION_PATH, .offset = offsetof(struct control_options, socket), .min = 1,
	    .max = SOCKET_PATH_MAX, .help = "path of the socket; default control.sock in runtime_dir"},
	{.name = "group", .type = OPTION_STRING, .offset = offsetof(struct control_options, group), .min = 1, .max = 255,
	    .help = "group that may read; default that of exacheck's process"},
	{.name = "mode", .type = OPTION_MODE, .offset = offsetof(struct control_options, mode), .fallback = "0660",
	    .help = "permissions of the socket, octal"},
	OPTION_END,
};

static const struct option metrics_table[] = {
	{.name = "listen", .type = OPTION_LISTEN, .offset = offsetof(struct metrics_options, listen),
	    .help = "ADDRESS:PORT of /metrics and of the status page"},
	{.name = "textfile", .type = OPTION_PATH, .offset = offsetof(struct metrics_options, textfile), .min = 1,
	    .max = MESSAGE_PATH_SIZE - 1, .help = "file to write the metrics to, for node_exporter"},
	OPTION_END,
};

const struct option global_table[] = {
	{.name = "live_reload", .type = OPTION_BOOL, .offset = offsetof(struct global_options, live_reload),
	    .fallback = "false", .help = "apply changes of the file when it changes"},
	{.name = "monitoring_interval", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN,
	    .offset = offsetof(struct global_options, monitoring_interval_ns), .min = 0, .max = YEAR_S,
	    .fallback = "30", .unit = "seconds", .help = "upper bound for noticing a change of the file"},
	{.name = "user", .type = OPTION_STRING, .offset = offsetof(struct global_options, user),
	    .help = "identity of workers when started as root; default exacheck, else nobody"},
	{.name = "group", .type = OPTION_STRING, .offset = offsetof(struct global_options, group),
	    .help = "group of workers when started as root; default the user's"},
	{.name = "runtime_dir", .type = OPTION_PATH, .offset = offsetof(struct global_options, runtime_dir),
	    .fallback = "/run/exacheck", .help = "directory of the control socket and the journal"},
	{.name = "on_exit", .type = OPTION_CHOICE, .offset = offsetof(struct global_options, on_exit),
	    .choices = on_exit_choices, .fallback = "withdraw", .help = "what SIGTERM does to announced routes"},
	{.name = "sandbox", .type = OPTION_CHOICE, .offset = offsetof(struct global_options, sandbox),
	    .choices = sandbox_level_choices, .fallback = "best_effort",
	    .help = "strict: a mechanism that the kernel lacks is an error"},
	{.name = "resync", .type = OPTION_SECONDS, .offset = offsetof(struct global_options, resync_ns), .min = 0,
	    .max = YEAR_S, .fallback = "300", .unit = "seconds",
	    .help = "how often everything announced is sent again; 0: never"},
	{.name = "exabgp", .type = OPTION_TABLE, .offset = offsetof(struct global_options, exabgp),
	    .table = exabgp_table, .help = "the conversation with ExaBGP"},
	{.name = "guard", .type = OPTION_TABLE, .offset = offsetof(struct global_options, guard), .table = guard_table,
	    .help = "the largest share of routes that failing checks may withdraw"},
	{.name = "control", .type = OPTION_TABLE, .offset = offsetof(struct global_options, control),
	    .table = control_table, .help = "the control socket, which exacheck-ctl uses"},
	{.name = "status_dir", .type = OPTION_PATH, .offset = offsetof(struct global_options, status_dir), .min = 1,
	    .max = MESSAGE_PATH_SIZE - 1, .help = "directory for one status file a check"},
	OPTION_END,
};

static const struct option ip_setup_table[] = {
	{.name = "interface", .type = OPTION_STRING, .offset = offsetof(struct ip_setup_options, interface), .min = 1,
	    .max = IP_SETUP_NAME_MAX, .help = "interface that gets the addresses; default lo"},
	{.name = "label", .type = OPTION_STRING, .offset = offsetof(struct ip_setup_options, label), .min = 1,
	    .max = IP_SETUP_NAME_MAX - 2, .help = "the kernel's label of the IPv4 addresses is INTERFACE:LABEL"},
	{.name = "dynamic", .type = OPTION_BOOL, .offset = offsetof(struct ip_setup_options, dynamic), .fallback = "false",
	    .help = "the addresses are there only while it is up"},
	OPTION_END,
};

#define HOOK(NAME, MEMBER, HELP) \
	{.name = NAME, .type = OPTION_STRING, .offset = offsetof(struct hook_options, MEMBER), .min = 1, \
	    .max = SHELL_COMMAND_MAX, .help = HELP}

static const struct option hooks_table[] = {
	HOOK("up", up, "command for /bin/sh -c when it has come up"),
	HOOK("down", down, "command for /bin/sh -c when it has gone down"),
	HOOK("disabled", disabled, "command for /bin/sh -c when it has been disabled"),
	HOOK("change", change, "command for /bin/sh -c after each of these"),
	HOOK("transition", transition, "command for /bin/sh -c at every change of the state, rising and falling too"),
	{.name = "timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN,
	    .offset = offsetof(struct hook_options, timeout_ns), .min = 0, .max = HOOK_TIMEOUT_MAX_S, .fallback = "10",
	    .unit = "seconds", .help = "bounds one command"},
	OPTION_END,
};

/* Keys of every node, for a struct that has a node_config called node. */
#define NODE_NAMES(STRUCT) \
	{.name = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .offset = offsetof(STRUCT, node.name), \
	    .help = "unique name"}, \
	{.name = "description", .type = OPTION_STRING, .offset = offsetof(STRUCT, node.description), \
	    .help = "free text"}
#define NODE_ROUTES(STRUCT) \
	{.name = "prefixes", .type = OPTION_PREFIX, .flags = OPTION_LIST, .offset = offsetof(STRUCT, node.prefixes), \
	    .help = "networks of one family to announce; a bare address is a host route"}, \
	{.name = "nexthop", .type = OPTION_NEXT_HOP, .offset = offsetof(STRUCT, node.nexthop), .fallback = "self", \
	    .help = "next hop of the prefixes' family, or self"}, \
	{.name = "path_id", .type = OPTION_PATH_ID, .offset = offsetof(STRUCT, node.path_id), .min = 0, \
	    .max = UINT32_MAX_D, .help = "path identifier (RFC 7911): a number or a dotted quad"}, \
	ATTRIBUTES(STRUCT, node.up.), \
	{.name = "metric_down", .type = OPTION_INTEGER, .offset = offsetof(STRUCT, node.metric_down), .min = 0, \
	    .max = UINT32_MAX_D, .help = "when down, announce with this MED instead of withdrawing: down.metric"}, \
	{.name = "neighbors", .type = OPTION_ADDRESS, .flags = OPTION_LIST, .offset = offsetof(STRUCT, node.neighbors), \
	    .help = "announce to these neighbors only"}, \
	{.name = "down", .type = OPTION_TABLE, .offset = offsetof(STRUCT, node.down), .table = set_table, \
	    .help = "when down, announce with these attributes instead of withdrawing"}, \
	{.name = "disabled", .type = OPTION_TABLE, .offset = offsetof(STRUCT, node.disabled), .table = set_table, \
	    .help = "when disabled, announce with these attributes instead of withdrawing"}, \
	{.name = "drain", .type = OPTION_TABLE, .offset = offsetof(STRUCT, node.drain), .table = set_table, \
	    .help = "attributes to announce with for drain_time before withdrawing for being disabled or at a stop; " \
		"default graceful-shutdown added"}, \
	{.name = "drain_time", .type = OPTION_SECONDS, .offset = offsetof(STRUCT, node.drain_time_ns), .min = 0, \
	    .max = DRAIN_MAX_S, .fallback = "0", .unit = "seconds", \
	    .help = "how long it announces with drain before it withdraws for being disabled or at a stop"}, \
	{.name = "min_up", .type = OPTION_SECONDS, .offset = offsetof(STRUCT, node.min_up_ns), .min = 0, .max = YEAR_S, \
	    .fallback = "0", .unit = "seconds", .help = "shortest time up before failures may change it"}, \
	{.name = "min_down", .type = OPTION_SECONDS, .offset = offsetof(STRUCT, node.min_down_ns), .min = 0, \
	    .max = YEAR_S, .fallback = "0", .unit = "seconds", \
	    .help = "shortest time down before passes may change it"}, \
	{.name = "metric_increase", .type = OPTION_INTEGER, .offset = offsetof(STRUCT, node.metric_increase), .min = 0, \
	    .max = UINT32_MAX_D, .fallback = "0", .help = "added to the MED of each following prefix"}, \
	{.name = "hooks", .type = OPTION_TABLE, .offset = offsetof(STRUCT, node.hooks), .table = hooks_table, \
	    .help = "commands to run when the state has changed"}, \
	{.name = "ip_setup", .type = OPTION_TABLE, .flags = OPTION_GIVEN, .offset = offsetof(STRUCT, node.ip_setup), \
	    .table = ip_setup_table, .help = "put the addresses of the prefixes on an interface of this machine"}

const struct option check_table[] = {
	NODE_NAMES(struct check_config),
	NODE_ROUTES(struct check_config),
	{.name = "interval", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN,
	    .offset = offsetof(struct check_config, options.interval_ns), .min = 0, .max = YEAR_S, .fallback = "15",
	    .unit = "seconds", .help = "from the start of one execution to the start of the next"},
	{.name = "fast_interval", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN,
	    .offset = offsetof(struct check_config, options.fast_interval_ns), .min = 0, .max = YEAR_S, .unit = "seconds",
	    .help = "interval while rising or falling; default interval"},
	{.name = "splay", .type = OPTION_BOOL, .offset = offsetof(struct check_config, options.splay), .fallback = "true",
	    .help = "spread the first execution over the interval"},
	{.name = "rise", .type = OPTION_INTEGER, .offset = offsetof(struct check_config, options.rise), .min = 0,
	    .max = 65535, .fallback = "3", .help = "consecutive passes until the routes are announced"},
	{.name = "fall", .type = OPTION_INTEGER, .offset = offsetof(struct check_config, options.fall), .min = 0,
	    .max = 65535, .fallback = "3", .help = "consecutive failures until the routes are withdrawn"},
	{.name = "disable", .type = OPTION_PATH, .offset = offsetof(struct check_config, options.disable), .min = 1,
	    .max = MESSAGE_PATH_SIZE - 1,
	    .help = "while this file exists the check is disabled"},
	OPTION_END,
};

/* What the group has of its own lies in the struct itself. */
static const struct option group_guard_table[] = {
	{.name = "keep_last", .type = OPTION_BOOL, .offset = offsetof(struct group_config, keep_last), .fallback = "false",
	    .help = "the last route of the group and its members is not withdrawn for failures"},
	OPTION_END,
};

const struct option group_table[] = {
	NODE_NAMES(struct group_config),
	NODE_ROUTES(struct group_config),
	{.name = "guard", .type = OPTION_TABLE, .offset = 0, .table = group_guard_table,
	    .help = "what failures must not withdraw"},
	OPTION_END,
};

const struct option member_table[] = {
	{.name = "check", .type = OPTION_NAME, .flags = OPTION_REQUIRED, .offset = offsetof(struct member_options, check),
	    .help = "name of a check"},
	{.name = "weight", .type = OPTION_INTEGER, .offset = offsetof(struct member_options, weight), .min = 1,
	    .max = WEIGHT_MAX, .help = "what it counts for `require: {weight: N}`; default 1"},
	OPTION_END,
};

const struct option require_table[] = {
	{.name = "at_least", .type = OPTION_INTEGER, .offset = offsetof(struct require_options, at_least), .min = 1,
	    .max = 0, .help = "so many members must be up"},
	{.name = "weight", .type = OPTION_INTEGER, .offset = offsetof(struct require_options, weight), .min = 1,
	    .max = 0, .help = "the weights of the members that are up must come to this"},
	OPTION_END,
};

const struct option document_table[] = {
	{.name = "exacheck", .type = OPTION_TABLE, .offset = offsetof(struct config, global), .table = global_table,
	    .help = "exacheck itself"},
	{.name = "sentry", .type = OPTION_TABLE, .offset = offsetof(struct config, sentry), .table = sentry_table,
	    .help = "reports of exacheck's own errors"},
	{.name = "metrics", .type = OPTION_TABLE, .offset = offsetof(struct config, metrics), .table = metrics_table,
	    .help = "figures for Prometheus and the status page"},
	OPTION_END,
};
