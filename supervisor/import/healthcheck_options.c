/*
 * The options of ExaBGP's healthcheck: the one table. Touches memory and the file that it prints to. Invariant: every
 * option that any version has is here, with what becomes of it.
 */
#include "healthcheck_options.h"

#include <stdlib.h>
#include <string.h>

#define UINT32_MAX_D 4294967295.0
#define NUMBER_MAX_D 9007199254740992.0 /* 2^53: what a double holds exactly */
#define YEAR_S 31536000.0
#define TIMEOUT_MAX_S 86400.0

#define AT(MEMBER) .offset = offsetof(struct healthcheck_options, MEMBER)
#define FLAG(MEMBER) .kind = HEALTHCHECK_FLAG, AT(MEMBER)
#define TEXT(MEMBER, VALUE) .kind = HEALTHCHECK_TEXT, AT(MEMBER), .value = VALUE
#define TEXTS(MEMBER, VALUE) .kind = HEALTHCHECK_TEXTS, AT(MEMBER), .value = VALUE
#define INTEGER(MEMBER, VALUE) .kind = HEALTHCHECK_INTEGER, AT(MEMBER), .value = VALUE
#define NUMBER(MEMBER, VALUE) .kind = HEALTHCHECK_NUMBER, AT(MEMBER), .value = VALUE
#define LOST(NOTE) .fate = HEALTHCHECK_LOST, .note = NOTE
#define DIFFERS(NOTE) .fate = HEALTHCHECK_DIFFERS, .note = NOTE

const struct healthcheck_option healthcheck_option_table[] = {
	{.names = {"help"}, .letters = "h", FLAG(help), .group = "general", .help = "show the options"},
	{.names = {"silent"}, .letters = "s", FLAG(silent), .log_way = true,
	    DIFFERS("exacheck logs to standard error, which the process that starts it can send to /dev/null"),
	    .help = "do not log to the terminal"},
	{.names = {"syslog-facility"}, .letters = "sF", .kind = HEALTHCHECK_OPTIONAL, AT(syslog_facility),
	    .value = "FACILITY", .fallback = "daemon", .log_way = true, .help = "log to syslog with this facility"},
	{.names = {"no-syslog"}, FLAG(no_syslog), .log_way = true, .help = "do not log to syslog"},
	{.names = {"debug"}, .letters = "d", FLAG(debug),
	    DIFFERS("is no key of the file: `exacheck run -v` logs as much"), .help = "log more"},
	{.names = {"no-ack"}, .letters = "a", FLAG(no_ack), .help = "ExaBGP does not answer commands"},
	{.names = {"sudo"}, FLAG(sudo),
	    LOST("exacheck sets addresses up without sudo: start it as root or give it the capability net_admin"),
	    .help = "set addresses up by means of sudo"},
	{.names = {"name"}, .letters = "n", TEXT(name, "NAME"), .help = "name of the check"},
	{.names = {"config"}, .letters = "F", TEXT(config, "FILE"),
	    .help = "read options from a file, which the command line overrules"},
	{.names = {"pid"}, .letters = "p", TEXT(pid, "FILE"),
	    LOST("exacheck writes no file with its process id: systemd and `exacheck-ctl status` know it"),
	    .help = "write the process id to a file"},
	{.names = {"user"}, TEXT(user, "USER"),
	    DIFFERS("is the user of the processes that run checks and hooks; the one that talks to ExaBGP stays what it is"),
	    .help = "user to run as"},
	{.names = {"group"}, TEXT(group, "GROUP"),
	    DIFFERS("is the group of the processes that run checks and hooks; the one that talks to ExaBGP stays what it is"),
	    .help = "group to run as"},

	{.names = {"interval"}, .letters = "i", NUMBER(interval_s, "N"), .max = YEAR_S, .fallback = "5",
	    .group = "checks", .help = "seconds between executions; 0: leave once there is a state"},
	{.names = {"fast-interval"}, .letters = "f", NUMBER(fast_interval_s, "N"), .max = YEAR_S, .fallback = "1",
	    .help = "seconds between executions while the state is about to change"},
	{.names = {"timeout"}, .letters = "t", INTEGER(timeout_s, "N"), .max = TIMEOUT_MAX_S, .fallback = "5",
	    .help = "seconds that the command may take; 0: any time"},
	{.names = {"rise"}, INTEGER(rise, "N"), .min = -65535, .max = 65535, .fallback = "3",
	    .help = "passes until the service is up"},
	{.names = {"fall"}, INTEGER(fall, "N"), .min = -65535, .max = 65535, .fallback = "3",
	    .help = "failures until the service is down"},
	{.names = {"disable"}, TEXT(disable, "FILE"), .help = "while this file exists, the service is disabled"},
	{.names = {"command", "cmd"}, .letters = "c", TEXT(command, "CMD"), .help = "command that checks the service"},

	{.names = {"next-hop"}, .letters = "N", .kind = HEALTHCHECK_ADDRESS, AT(next_hop), .value = "IP",
	    .group = "routes", .help = "next hop; default self"},
	{.names = {"ip"}, .kind = HEALTHCHECK_NETWORKS, AT(ips), .value = "IP",
	    .help = "address or network to announce, may be repeated; default the addresses of the loopback interface"},
	{.names = {"ip-ifname"}, .kind = HEALTHCHECK_BINDINGS, AT(ip_ifnames), .value = "IP%IFNAME", .since = "5.0",
	    .help = "interface to set this address up on, may be repeated"},
	{.names = {"local-preference"}, INTEGER(local_preference, "P"), .min = -NUMBER_MAX_D, .max = UINT32_MAX_D,
	    .fallback = "-1", .help = "local preference"},
	{.names = {"deaggregate-networks"}, FLAG(deaggregate_networks), .help = "announce each address of the networks"},
	{.names = {"no-ip-setup"}, FLAG(no_ip_setup), .help = "set no addresses up"},
	{.names = {"dynamic-ip-setup"}, FLAG(dynamic_ip_setup),
	    .help = "set addresses up only while the service is up"},
	{.names = {"label"}, TEXT(label, "LABEL"), .help = "label of the addresses on the interface"},
	{.names = {"label-exact-match"}, FLAG(label_exact_match), .since = "5.0",
	    .help = "the label is a whole one, not the beginning"},
	{.names = {"start-ip"}, INTEGER(start_ip, "N"), .min = -NUMBER_MAX_D, .max = NUMBER_MAX_D, .fallback = "0",
	    .help = "which of the addresses is the first, from 0"},
	{.names = {"up-metric"}, INTEGER(up_metric, "M"), .max = UINT32_MAX_D, .fallback = "100",
	    .help = "MED of the first address when up"},
	{.names = {"down-metric"}, INTEGER(down_metric, "M"), .max = UINT32_MAX_D, .fallback = "1000",
	    .help = "MED of the first address when down"},
	{.names = {"disabled-metric"}, INTEGER(disabled_metric, "M"), .max = UINT32_MAX_D, .fallback = "500",
	    .help = "MED of the first address when disabled"},
	{.names = {"increase"}, INTEGER(increase, "M"), .min = -UINT32_MAX_D, .max = UINT32_MAX_D, .fallback = "1",
	    .help = "added to the MED of each following address"},
	{.names = {"community"}, TEXT(community, "COMMUNITY"), .help = "communities"},
	{.names = {"extended-community"}, TEXT(extended_community, "COMMUNITY"), .help = "extended communities"},
	{.names = {"large-community"}, TEXT(large_community, "COMMUNITY"), .help = "large communities"},
	{.names = {"disabled-community"}, TEXT(disabled_community, "COMMUNITY"),
	    .help = "communities when down or disabled"},
	{.names = {"as-path"}, TEXT(as_path, "ASPATH"), .help = "AS path"},
	{.names = {"up-as-path"}, TEXT(up_as_path, "ASPATH"), .help = "AS path when up"},
	{.names = {"down-as-path"}, TEXT(down_as_path, "ASPATH"), .help = "AS path when down"},
	{.names = {"disabled-as-path"}, TEXT(disabled_as_path, "ASPATH"), .help = "AS path when disabled"},
	{.names = {"withdraw-on-down"}, FLAG(withdraw_on_down), .help = "withdraw when down or disabled"},
	{.names = {"path-id"}, INTEGER(path_id, "PATHID"), .max = UINT32_MAX_D, .help = "path identifier; 0: none"},
	{.names = {"neighbor"}, .kind = HEALTHCHECK_NEIGHBORS, AT(neighbors), .value = "NEIGHBOR",
	    .help = "announce to this neighbor, may be repeated; default all"},
	{.names = {"debounce"}, FLAG(debounce), .since = "5.0", .help = "say nothing to ExaBGP while nothing changes"},

	{.names = {"execute"}, TEXTS(execute, "CMD"), .group = "hooks",
	    .help = "command to run when the state changes, with STATE in its environment; may be repeated"},
	{.names = {"up-execute"}, TEXTS(up_execute, "CMD"), .help = "command to run when the service is up"},
	{.names = {"down-execute"}, TEXTS(down_execute, "CMD"), .help = "command to run when the service is down"},
	{.names = {"disabled-execute"}, TEXTS(disabled_execute, "CMD"),
	    .help = "command to run when the service is disabled"},
	{.names = {NULL}},
};

_Static_assert(sizeof(healthcheck_option_table) / sizeof(healthcheck_option_table[0]) <= HEALTHCHECK_OPTIONS_MAX,
    "places has room for all options");

void
healthcheck_options_free(struct healthcheck_options *options)
{
	for (const struct healthcheck_option *option = healthcheck_option_table; option->names[0] != NULL; option++) {
		void *value = (char *)options + option->offset;

		switch (option->kind) {
		case HEALTHCHECK_TEXT:
		case HEALTHCHECK_OPTIONAL:
		case HEALTHCHECK_ADDRESS:
			free(*(char **)value);
			break;
		case HEALTHCHECK_TEXTS:
		case HEALTHCHECK_NEIGHBORS:
		case HEALTHCHECK_NETWORKS:
		case HEALTHCHECK_BINDINGS:
			string_list_free(value);
			break;
		default:
			break;
		}
	}
	for (size_t i = 0; i < HEALTHCHECK_OPTIONS_MAX; i++)
		free(options->places[i]);
	memset(options, 0, sizeof(*options));
}

const struct healthcheck_option *
healthcheck_option_named(const char *name)
{
	const struct healthcheck_option *option = healthcheck_option_table;

	while (option->names[0] != NULL && strcmp(option->names[0], name) != 0)
		option++;
	return option;
}

const char *
healthcheck_option_place(const struct healthcheck_options *options, const char *name)
{
	return options->places[healthcheck_option_named(name) - healthcheck_option_table];
}

void
healthcheck_options_print(FILE *file)
{
	for (const struct healthcheck_option *option = healthcheck_option_table; option->names[0] != NULL; option++) {
		const char *value = option->value == NULL ? "" : option->value;
		bool optional = option->kind == HEALTHCHECK_OPTIONAL;

		if (option->group != NULL)
			fprintf(file, "%s%s:\n", option == healthcheck_option_table ? "" : "\n", option->group);
		fprintf(file, "  --%s", option->names[0]);
		if (option->names[1] != NULL)
			fprintf(file, ", --%s", option->names[1]);
		if (option->letters != NULL)
			fprintf(file, ", -%s", option->letters);
		fprintf(file, "%s%s%s%s\n\t%s", *value != '\0' ? " " : "", optional ? "[" : "", value, optional ? "]" : "",
		    option->help);
		if (option->fallback != NULL)
			fprintf(file, "; default %s", option->fallback);
		fputc('\n', file);
	}
}
