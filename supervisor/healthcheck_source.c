/*
 * Options as a configuration. Touches the files that options name, and reads the environment. Invariant: whatever is said
 * of the configuration names an option, or a line of the options' file.
 */
#include "healthcheck_source.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "config_source.h"
#include "diagnostic.h"
#include "import/healthcheck_options.h"
#include "inherited.h"

#define RESYNC_MIN_S 1
#define RESYNC_MAX_S 300 /* as it is where nothing is said */
#define RESYNC_ROUTES_PER_S 100

static size_t
routes_count(json_t *document)
{
	json_t *check;
	size_t i, count = 0;

	json_array_foreach(json_object_get(document, "checks"), i, check)
		count += json_array_size(json_object_get(check, "prefixes"));
	return count;
}

/*
 * Seconds between announcements of what is announced already, which there are made at every interval. That gives a route to
 * a neighbor that ExaBGP has only since its reload, and gives back one that another process of ExaBGP's withdrew. But
 * ExaBGP has other things to do than to hear of very many.
 */
static double
resync_find(const struct healthcheck_options *options, json_t *document)
{
	double period_s = (double)routes_count(document) / RESYNC_ROUTES_PER_S;

	if (period_s < RESYNC_MIN_S)
		period_s = RESYNC_MIN_S;
	if (period_s < options->interval_s)
		period_s = options->interval_s;
	return period_s > RESYNC_MAX_S ? RESYNC_MAX_S : period_s;
}

/* What is no affair of an import: where it keeps what is its own, and what runs stays where it is; how often it speaks. */
static void
settings_add(struct importing *importing, const struct healthcheck_command *command,
    const struct healthcheck_options *options, const struct config *running)
{
	json_t *document = import_document(importing), *settings = json_object_get(document, "exacheck");

	if (settings == NULL)
		settings = import_add_map(importing, document, "exacheck");
	import_add_text(importing, settings, "runtime_dir",
	    running != NULL ? running->global.runtime_dir : command->instance.directory);
	if (!options->debounce)
		import_add_number(importing, settings, "resync", resync_find(options, document));
}

/* What is to be known once, at the start. */
static void
identity_check(struct importing *importing, const struct healthcheck_options *options)
{
	if (options->user != NULL && getpwnam(options->user) == NULL)
		import_note(importing, IMPORT_WRONG, healthcheck_option_place(options, "user"), "no user %s on this system",
		    options->user);
	if (options->group != NULL && getgrnam(options->group) == NULL)
		import_note(importing, IMPORT_WRONG, healthcheck_option_place(options, "group"), "no group %s on this system",
		    options->group);
	if (options->user == NULL && geteuid() == 0)
		import_note(importing, IMPORT_LOST, "--user", "is not given: commands run as the user exacheck, or nobody, not "
		    "as root");
}

/* What is done here, where the import would say that it is lost. */
static void
options_settle(struct healthcheck_options *options)
{
	static const char *const own[] = {"pid", "debug", "silent"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		char **place = &options->places[healthcheck_option_named(own[i]) - healthcheck_option_table];

		free(*place);
		*place = NULL;
	}
	if (options->interval_s == 0) /* it ends with the first verdict */
		options->interval_s = options->fast_interval_s > 0 ? options->fast_interval_s : 1;
}

struct reporting {
	struct diagnostics *diagnostics;
	const char *name; /* of the source */
};

/* Without the place in a text that nobody sees, "healthcheck web:8:18: ", which what is found in it begins with. */
static const char *
place_skip(const char *name, const char *text)
{
	size_t length = strlen(name), place;

	if (strncmp(text, name, length) != 0)
		return text;
	place = strspn(text + length, ":0123456789");
	return place > 1 && text[length + place] == ' ' ? text + length + place + 1 : text;
}

static void
note_report(void *context, enum import_kind kind, const char *text)
{
	static const enum severity severities[IMPORT_KINDS] = {
		[IMPORT_LOST] = SEVERITY_WARNING,
		[IMPORT_LACKS] = SEVERITY_ERROR,
		[IMPORT_WRONG] = SEVERITY_ERROR,
	};
	const struct reporting *reporting = context;

	if (kind != IMPORT_DIFFERS)
		diagnostic_add(reporting->diagnostics, severities[kind], 0, 0, NULL, "%s", place_skip(reporting->name, text));
}

/* A prefix of the running configuration, and its metric when up, by which the first of all can be told. */
struct kept_address {
	int64_t metric;
	size_t rank;
	const char *prefix;
};

static int
kept_compare(const void *a, const void *b)
{
	const struct kept_address *x = a, *y = b;

	if (x->metric != y->metric)
		return x->metric < y->metric ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static size_t
kept_find(const struct config *running, struct kept_address *kept)
{
	size_t count = 0;

	for (size_t i = 0; i < running->count; i++) {
		const struct node_config *node = &running->checks[i].node;

		for (size_t j = 0; j < node->prefixes.count; j++, count++)
			if (kept != NULL)
				kept[count] = (struct kept_address){node->up.metric + (int64_t)j * node->metric_increase, count,
				    node->prefixes.items[j]};
	}
	return count;
}

/*
 * Without --ip it is what lay on the loopback interface at the start, as there: a confined supervisor cannot look again.
 * They are as they were: in the order that --start-ip made, and not put there by us. False: out of memory, noted.
 */
static bool
addresses_keep(struct importing *importing, const struct config *running, struct healthcheck_options *options)
{
	size_t count = kept_find(running, NULL);
	struct kept_address *kept = calloc(count + 1, sizeof(*kept));
	bool added = kept != NULL;

	if (added) {
		kept_find(running, kept);
		qsort(kept, count, sizeof(*kept), kept_compare);
	}
	for (size_t i = 0; added && i < count; i++) {
		const struct kept_address *address = &kept[options->increase < 0 ? count - 1 - i : i];
		char *copy = strdup(address->prefix);

		added = copy != NULL && string_list_add(&options->ips, copy);
	}
	free(kept);
	options->start_ip = 0;
	options->no_ip_setup = true;
	if (!added)
		import_note(importing, IMPORT_WRONG, NULL, "out of memory");
	return added;
}

/* The options, which are right, as a text. NULL: notes say why not. */
static char *
text_make(struct importing *importing, const struct healthcheck_command *command, struct healthcheck_options *options,
    const struct config *running)
{
	if (running == NULL) /* later nothing waits for a name service unless it has to */
		identity_check(importing, options);
	options_settle(options);
	if ((running != NULL && options->ips.count == 0 && !addresses_keep(importing, running, options)) ||
	    !healthcheck_import(importing, options))
		return NULL;
	/* a route without what keeps it from somewhere, or makes it worse than another, is not one that was asked for */
	if (import_count(importing, IMPORT_LACKS) > 0)
		return NULL;
	settings_add(importing, command, options, running);
	inherited_environment_add(importing);
	return importing_text(importing, command->name, NULL);
}

/* What it says of a text that nobody sees was said of the options. */
static struct config *
text_parse(const struct healthcheck_command *command, const char *text, struct diagnostics *diagnostics)
{
	struct diagnostics *unseen = diagnostics_new(command->name);
	struct config *config = unseen == NULL ? NULL : config_parse(command->name, text, strlen(text), unseen);

	diagnostics_free(unseen);
	if (config == NULL)
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
	return config;
}

struct config *
healthcheck_load(const struct config_source *source, const struct config *running, struct diagnostics *diagnostics)
{
	const struct healthcheck_command *command = source->context;
	struct reporting reporting = {diagnostics, command->name};
	struct importing *importing = importing_new();
	struct healthcheck_options options;
	struct config *config = NULL;
	char *text = NULL;

	if (importing == NULL) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
		return NULL;
	}
	if (healthcheck_options_parse(importing, command->argc, command->argv, &options)) {
		text = text_make(importing, command, &options, running);
		healthcheck_options_free(&options);
	}
	import_notes_each(importing, note_report, &reporting);
	importing_free(importing);
	if (text != NULL)
		config = text_parse(command, text, diagnostics);
	free(text);
	return config;
}
