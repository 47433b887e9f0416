/*
 * Options of ExaBGP's healthcheck as a configuration. Touches what healthcheck_parts.c does, and looks up the working
 * directory. Invariant: every option that is given is in the configuration, or has a note.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/address.h"
#include "healthcheck_attributes.h"
#include "healthcheck_global.h"
#include "healthcheck_hooks.h"
#include "healthcheck_note.h"
#include "healthcheck_parts.h"

#define NAME_DEFAULT "healthcheck"
#define NAME_SIZE 256
#define INTERVAL_DEFAULT_S 5
#define TIMEOUT_NONE_S 86400	 /* the longest that a check may have */
#define FAST_INTERVAL_MIN_S 0.1	 /* for 0, which means at once there */
#define SETUP_ADDRESSES_MAX 4096

struct making {
	struct importing *importing;
	const struct healthcheck_options *options;
	char name[NAME_SIZE];
	struct healthcheck_attributes attributes[HEALTHCHECK_STATES];
	struct healthcheck_parts parts;
	bool setup; /* addresses are put on interfaces */
};

static bool
is_text(const char *text)
{
	return text != NULL && *text != '\0';
}

/* What runs: the command, how often, and what its results mean */

static void
args_add(const struct making *making, json_t *check)
{
	const struct healthcheck_options *options = making->options;
	struct importing *importing = making->importing;
	json_t *args = import_add_map(importing, check, "args");

	import_add_text(importing, args, "method", "shell");
	/* without a command it is always well */
	import_add_text(importing, args, "command", is_text(options->command) ? options->command : "true");
	import_add_integer(importing, args, "timeout", options->timeout_s == 0 ? TIMEOUT_NONE_S : options->timeout_s);
}

static void
times_add(const struct making *making, json_t *check)
{
	const struct healthcheck_options *options = making->options;
	double interval = options->interval_s == 0 ? INTERVAL_DEFAULT_S : options->interval_s;
	double fast = options->fast_interval_s == 0 ? FAST_INTERVAL_MIN_S : options->fast_interval_s;

	import_add_number(making->importing, check, "interval", interval);
	if (fast < interval)
		import_add_number(making->importing, check, "fast_interval", fast);
	/* the first execution is at once there */
	import_add_flag(making->importing, check, "splay", false);
	import_add_integer(making->importing, check, "rise", options->rise < 0 ? 0 : options->rise);
	import_add_integer(making->importing, check, "fall", options->fall < 0 ? 0 : options->fall);
}

static void
times_note(const struct making *making)
{
	const struct healthcheck_options *options = making->options;
	struct importing *importing = making->importing;

	if (options->interval_s == 0)
		healthcheck_note(importing, options, IMPORT_LOST, "interval",
		    "0: `exacheck run` goes on to check every %d seconds; `exacheck healthcheck` leaves as it does there",
		    INTERVAL_DEFAULT_S);
	else
		healthcheck_note_general(importing, "--interval",
		    "counts from start to start of executions; there from the end of one to the start of the next");
	if (options->interval_s > 0 && options->fast_interval_s > options->interval_s)
		healthcheck_note(importing, options, IMPORT_DIFFERS, "fast-interval",
		    "is as long as --interval here, %g seconds, and not longer: %g", options->interval_s,
		    options->fast_interval_s);
	if (options->fast_interval_s == 0)
		healthcheck_note(importing, options, IMPORT_DIFFERS, "fast-interval", "0 is %.1f seconds here",
		    FAST_INTERVAL_MIN_S);
	if (options->timeout_s == 0 && is_text(options->command))
		healthcheck_note(importing, options, IMPORT_DIFFERS, "timeout",
		    "0 is %d seconds here: a command that never ends must not go unnoticed", TIMEOUT_NONE_S);
	if (is_text(options->command))
		healthcheck_note_general(importing, "--command",
		    "has no more than PATH, LANG and CHECK in its environment (key args.environment), and runs as the user "
		    "of exacheck.user; there with all that ExaBGP has, as its user");
}

/* A path is relative to where the program was started. */
static void
disable_add(const struct making *making, json_t *check)
{
	char directory[PATH_MAX], path[PATH_MAX * 2];
	const char *given = making->options->disable;

	if (!is_text(given))
		return;
	if (*given == '/') {
		import_add_text(making->importing, check, "disable", given);
		return;
	}
	if (getcwd(directory, sizeof(directory)) == NULL) {
		healthcheck_note(making->importing, making->options, IMPORT_WRONG, "disable",
		    "must be an absolute path, got %s", given);
		return;
	}
	snprintf(path, sizeof(path), "%s%s%s", directory, strcmp(directory, "/") == 0 ? "" : "/", given);
	import_add_text(making->importing, check, "disable", path);
	healthcheck_note(making->importing, making->options, IMPORT_DIFFERS, "disable",
	    "is %s here; there it is relative to the directory that ExaBGP runs in", path);
}

/* Routes */

static void
neighbors_add(const struct making *making, json_t *check)
{
	const struct string_list *neighbors = &making->options->neighbors;
	json_t *list;

	for (size_t i = 0; i < neighbors->count; i++)
		if (strcmp(neighbors->items[i], "*") == 0)
			return;
	if (neighbors->count == 0)
		return;
	list = import_add_list(making->importing, check, "neighbors");
	for (size_t i = 0; i < neighbors->count; i++)
		import_add_text(making->importing, list, NULL, neighbors->items[i]);
}

static void
nexthop_add(const struct making *making, const struct healthcheck_part *part, json_t *check)
{
	struct address address;
	const char *text = making->options->next_hop;

	if (text == NULL)
		return;
	if (address_parse(text, &address) && address.family == part->family)
		import_add_text(making->importing, check, "nexthop", text);
	else
		healthcheck_note(making->importing, making->options, IMPORT_LOST, "next-hop",
		    "%s is no next hop for routes of %s, which have self instead", text,
		    part->family == AF_INET ? "IPv4" : "IPv6");
}

static void
routes_add(const struct making *making, const struct healthcheck_part *part, json_t *check)
{
	struct importing *importing = making->importing;
	json_t *list = import_add_list(importing, check, "prefixes");

	for (size_t i = 0; i < part->prefixes.count; i++)
		import_add_text(importing, list, NULL, part->prefixes.items[i]);
	nexthop_add(making, part, check);
	healthcheck_attributes_add(importing, making->options, making->attributes, part->offset, check);
	if (part->increase != 0 && part->prefixes.count > 1)
		import_add_integer(importing, check, "metric_increase", part->increase);
	if (making->options->path_id != 0)
		import_add_integer(importing, check, "path_id", making->options->path_id);
	neighbors_add(making, check);
}

/* Addresses on interfaces */

static double
addresses_count(const struct healthcheck_parts *parts)
{
	double count = 0;
	struct prefix prefix;

	for (size_t i = 0; i < parts->count; i++)
		for (size_t j = 0; j < parts->items[i].prefixes.count; j++)
			if (prefix_parse(parts->items[i].prefixes.items[j], &prefix) == PREFIX_OK)
				count += __builtin_exp2((prefix.address.family == AF_INET ? 32 : 128) - (double)prefix.length);
	return count;
}

/* Whether there is anything to put there: what is announced because it is on the loopback interface stays there. */
static bool
setup_wanted(const struct making *making)
{
	const struct healthcheck_options *options = making->options;

	if (!(options->dynamic_ip_setup || (!options->no_ip_setup && options->ips.count > 0)))
		return false;
	if (addresses_count(&making->parts) > SETUP_ADDRESSES_MAX) {
		healthcheck_note(making->importing, options, IMPORT_LOST, options->dynamic_ip_setup ? "dynamic-ip-setup" : "ip",
		    "the networks have more than %d addresses, which exacheck does not put on an interface: "
		    "`ip route add local NETWORK dev lo` does as much", SETUP_ADDRESSES_MAX);
		return false;
	}
	if (options->dynamic_ip_setup && !options->no_ip_setup && options->ips.count > 0)
		healthcheck_note(making->importing, options, IMPORT_DIFFERS, "dynamic-ip-setup",
		    "addresses are there while the service is up; there also from the start until it is first down");
	if (options->dynamic_ip_setup && options->ips.count == 0)
		healthcheck_note(making->importing, options, IMPORT_LOST, "dynamic-ip-setup",
		    "addresses that are on the interface without exacheck stay there while the service is down: name them by --ip, "
		    "and let nothing else put them there");
	healthcheck_note_general(making->importing, "--ip",
	    "exacheck puts the addresses on the interface, which takes the capability net_admin, and takes away at its end "
	    "what it put there; there `ip` does, and without --label ExaBGP 4.2 leaves them");
	return true;
}

static void
setup_add(const struct making *making, const struct healthcheck_part *part, json_t *check)
{
	json_t *setup;

	if (!making->setup)
		return;
	setup = import_add_map(making->importing, check, "ip_setup");
	import_add_text(making->importing, setup, "interface", part->interface);
	/* addresses of IPv6 have no labels */
	if (is_text(making->options->label) && part->family == AF_INET)
		import_add_text(making->importing, setup, "label", making->options->label);
	if (making->options->dynamic_ip_setup)
		import_add_flag(making->importing, setup, "dynamic", true);
}

/* Checks */

static void
check_add(const struct making *making, size_t index, const char *suffix)
{
	const struct healthcheck_part *part = &making->parts.items[index];
	char name[NAME_SIZE + 32];
	json_t *check;

	snprintf(name, sizeof(name), "%s%s", making->name, suffix);
	check = import_add_check(making->importing, name);
	args_add(making, check);
	times_add(making, check);
	disable_add(making, check);
	routes_add(making, part, check);
	setup_add(making, part, check);
	if (index == 0)
		healthcheck_hooks_add(making->importing, making->options, check);
}

/* A check has prefixes of one family, on one interface, and metrics that grow evenly: there may be several. */
static void
checks_add(const struct making *making)
{
	const struct healthcheck_parts *parts = &making->parts;
	bool by_family = parts->count == 2 && parts->items[0].family != parts->items[1].family;
	char suffix[32] = "";

	for (size_t i = 0; i < parts->count; i++) {
		if (by_family)
			snprintf(suffix, sizeof(suffix), "-%c", parts->items[i].family == AF_INET ? '4' : '6');
		else if (parts->count > 1)
			snprintf(suffix, sizeof(suffix), "-%zu", i + 1);
		check_add(making, i, suffix);
	}
	if (parts->count > 1)
		import_note(making->importing, IMPORT_DIFFERS, "--ip",
		    "%zu checks announce them, and the command runs for each: prefixes of a check are of one family, on one "
		    "interface, and their metrics grow evenly%s", parts->count,
		    making->options->execute.count + making->options->up_execute.count + making->options->down_execute.count +
		    making->options->disabled_execute.count > 0 ? "; the first one has the hooks" : "");
}

/* The import as a whole */

static void
resync_note(const struct making *making)
{
	if (making->options->debounce)
		healthcheck_note_general(making->importing, "--debounce",
		    "is what exacheck does, but all is announced again every 300 seconds (key exacheck.resync)");
	else
		healthcheck_note_general(making->importing, NULL,
		    "routes are announced when they change, and again every 300 seconds (key exacheck.resync); there at every "
		    "interval");
}

/* Returns whether there were any. */
static bool
quotes_replace(char *name)
{
	bool any = false;

	for (; *(name += strcspn(name, "'\"")) != '\0'; any = true)
		*name = '_';
	return any;
}

/* The name of the option or of the program, or what is not yet a name. */
static void
name_find(struct making *making)
{
	char base[NAME_SIZE];
	size_t again = 1;

	snprintf(base, sizeof(base), "%s", is_text(making->options->name) ? making->options->name : NAME_DEFAULT);
	if (quotes_replace(base))
		healthcheck_note(making->importing, making->options, IMPORT_DIFFERS, "name",
		    "may have no quotes here: it is %s", base);
	snprintf(making->name, sizeof(making->name), "%s", base);
	while (import_name_used(making->importing, making->name, true))
		snprintf(making->name, sizeof(making->name), "%.200s.%zu", base, ++again);
	if (again > 1)
		healthcheck_note(making->importing, making->options, IMPORT_DIFFERS, "name",
		    "another process has the name %s: this one is %s", base, making->name);
}

bool
healthcheck_import(struct importing *importing, const struct healthcheck_options *options)
{
	struct making making = {.importing = importing, .options = options};
	bool made = healthcheck_parts_make(importing, options, &making.parts);

	if (made) {
		healthcheck_notes_add(importing, options);
		name_find(&making);
		healthcheck_global_add(importing, options);
		healthcheck_attributes_find(importing, options, making.attributes);
		making.setup = setup_wanted(&making);
		checks_add(&making);
		times_note(&making);
		resync_note(&making);
		healthcheck_attributes_free(making.attributes);
	}
	healthcheck_parts_free(&making.parts);
	return made && import_count(importing, IMPORT_WRONG) == 0;
}
