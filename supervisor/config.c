/*
 * The configuration document: reads it, validates it as a whole, owns it. Touches the file that
 * config_load names and nothing else. Invariant: a configuration that is returned had no error.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "channel_output.h"
#include "../common/monotime.h"
#include "config_internal.h"
#include "decode.h"

#define RESYNC_MIN_NS (100 * NS_PER_MILLISECOND)

const struct node *
node_for(const struct node *mapping, const char *key)
{
	const struct node *node = node_get(mapping, key);

	return node == NULL ? mapping : node;
}

/* What the table cannot say about `exacheck`. */
static void
global_check(struct diagnostics *diagnostics, const struct node *root, const struct global_options *global)
{
	const struct place exacheck = {.key = "exacheck"}, exabgp = {.parent = &exacheck, .key = "exabgp"};
	const struct place output = {.parent = &exabgp, .key = "output"}, resync = {.parent = &exacheck, .key = "resync"};
	const struct node *map = node_get(root, "exacheck");
	enum output_kind kind;
	const char *path, *problem;

	if ((problem = output_parse(global->exabgp.output, &kind, &path)) != NULL)
		place_report(diagnostics, SEVERITY_ERROR, &output, node_for(node_get(map, "exabgp"), "output"),
		    "%s, got \"%.120s\"", problem, global->exabgp.output);
	/* All routes, each time. */
	if (global->resync_ns > 0 && global->resync_ns < RESYNC_MIN_NS)
		place_report(diagnostics, SEVERITY_ERROR, &resync, node_for(map, "resync"),
		    "must be 0 (never) or at least 0.1 seconds");
}

/* False: out of memory, which has been reported. */
static bool
checks_decode(struct diagnostics *diagnostics, const struct place *place, const struct node *list,
    struct config *config, size_t *text_bytes)
{
	if ((config->checks = calloc(list->count, sizeof(*config->checks))) == NULL) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
		return false;
	}
	config->count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		const struct node *node = list->items[i], *name = node_get(node, "name");
		struct place item = {.parent = place, .number = i + 1};

		if (name != NULL)
			item.name = name->text;
		check_decode(diagnostics, &item, node, &config->checks[i], text_bytes);
	}
	return true;
}

/* What has no part in routes. False: out of memory. */
static bool
outlets_decode(struct diagnostics *diagnostics, const struct node *root, struct config *config)
{
	sentry_check(diagnostics, root, &config->sentry);
	return loggers_decode(diagnostics, root, config) && notifications_decode(diagnostics, root, config);
}

static void
document_decode(struct diagnostics *diagnostics, const struct node *root, struct config *config)
{
	static const char *const also[] = {"checks", "groups", "logging", "notifications", NULL};
	const struct place place = {.key = "checks"};
	struct sources sources = {.config = config, .exacheck = node_get(root, "exacheck"),
	    .checks = node_get(root, "checks")};
	size_t text_bytes = 0;

	if (root->type != NODE_MAPPING) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, root->line, root->column, NULL,
		    "must be a map with the keys exacheck, checks and groups, got %s", node_type_name(root->type));
		return;
	}
	decode_options(diagnostics, NULL, root, document_table, also, config);
	global_check(diagnostics, root, &config->global);
	if (!outlets_decode(diagnostics, root, config)) {
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
		return;
	}
	if (sources.checks == NULL || sources.checks->type == NODE_NULL ||
	    (sources.checks->type == NODE_SEQUENCE && sources.checks->count == 0)) {
		place_report(diagnostics, SEVERITY_ERROR, &place, sources.checks == NULL ? root : sources.checks,
		    "there must be at least one check: nothing would ever be announced");
		return;
	}
	if (!decode_expect(diagnostics, &place, sources.checks, NODE_SEQUENCE) ||
	    !checks_decode(diagnostics, &place, sources.checks, config, &text_bytes))
		return;
	if (!list_find(diagnostics, root, "groups", SIZE_MAX, &sources.groups))
		return;
	if (!groups_decode(diagnostics, &sources, config, &text_bytes) || !filters_check(diagnostics, root, config) ||
	    (diagnostics_count(diagnostics, SEVERITY_ERROR) == 0 &&
	    (!routes_compare(diagnostics, &sources) || !ip_setups_compare(diagnostics, &sources))))
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
}

static struct config *
config_unless_errors(struct config *config, const struct diagnostics *diagnostics)
{
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) == 0)
		return config;
	config_free(config);
	return NULL;
}

/* The configuration that a tree says; NULL after reporting errors. */
static struct config *
config_from_tree(const char *path, const struct tree *tree, struct diagnostics *diagnostics)
{
	struct config *config = calloc(1, sizeof(*config));

	if (config == NULL || (config->path = strdup(path)) == NULL || !options_set_defaults(document_table, config))
		diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "out of memory");
	else
		document_decode(diagnostics, tree_root(tree), config);
	return config_unless_errors(config, diagnostics);
}

struct config *
config_load(const char *path, struct diagnostics *diagnostics, bool directories)
{
	struct tree *tree = tree_load(path, diagnostics);
	struct config *config = tree == NULL ? NULL : config_from_tree(path, tree, diagnostics);

	if (config != NULL)
		surroundings_check(diagnostics, tree_root(tree), config, directories);
	tree_free(tree);
	return config_unless_errors(config, diagnostics);
}

struct config *
config_parse(const char *path, const char *text, size_t length, struct diagnostics *diagnostics)
{
	struct tree *tree = tree_parse(path, text, length, diagnostics);
	struct config *config = tree == NULL ? NULL : config_from_tree(path, tree, diagnostics);

	tree_free(tree);
	return config;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->count; i++)
		check_free(&config->checks[i]);
	for (size_t i = 0; i < config->group_count; i++)
		group_free(&config->groups[i]);
	free(config->checks);
	free(config->groups);
	config_loggers_free(config);
	notifications_free(config);
	options_free(document_table, config);
	free(config->path);
	free(config);
}
