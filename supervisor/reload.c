/*
 * Reloading. Touches the configuration's source, the checks and the workers. Invariant: what can fail comes before the
 * first change, so that a reload which is refused leaves everything as it was.
 */
#include "reload.h"

#include <string.h>

#include "../common/log.h"
#include "config_source.h"
#include "diff.h"
#include "hook.h"
#include "settings.h"

#define TOLD_MAX 20 /* changed checks that are told one by one at the usual level */

/*
 * Where in its interval a check's first execution falls: steps of the golden ratio spread any number of
 * checks evenly, and the same configuration alike each time.
 */
static monotime_t
first_execution(const struct check_options *options, size_t rank, monotime_t now)
{
	double fraction = (double)rank * 0.6180339887498949;

	if (!options->splay)
		return now;
	return monotime_add(now, (int64_t)((fraction - (double)(int64_t)fraction) * (double)options->interval_ns));
}

/* Workers for the checks that are added. False: out of memory, and none is left. */
static bool
workers_prepare(const struct reload *reload, const struct plan *plan, const struct config *config)
{
	monotime_t now = monotime_now();
	size_t rank;

	for (rank = 0; rank < config->count; rank++)
		if (plan->checks.old_of[rank] == PLAN_NONE && !workers_add(reload->workers, checks_coming(reload->checks, rank),
		    first_execution(&config->checks[rank].options, rank, now)))
			break;
	if (rank == config->count)
		return true;
	while (rank-- > 0)
		if (plan->checks.old_of[rank] == PLAN_NONE)
			workers_remove(reload->workers, checks_coming(reload->checks, rank));
	return false;
}

/* Everything that wants memory. False: out of it, and nothing has changed. */
static bool
apply_prepare(const struct reload *reload, const struct plan *plan, const struct config *config)
{
	if (!checks_prepare(reload->checks, plan, config))
		return false;
	if (workers_prepare(reload, plan, config))
		return true;
	checks_abandon(reload->checks);
	return false;
}

/* first: the rank of the first of these nodes. */
static void
hooks_forget_removed(const struct reload *reload, const struct plan_nodes *nodes, size_t first)
{
	for (size_t old = 0; old < nodes->old_count; old++)
		if (nodes->new_of[old] == PLAN_NONE)
			hooks_forget(reload->hooks, checks_node(reload->checks, first + old)->config->name);
}

/* renew: every worker's process is to be replaced, whatever its check says. */
static void
apply_commit(const struct reload *reload, const struct plan *plan, bool renew)
{
	for (size_t old = 0; old < plan->checks.old_count; old++)
		if (plan->checks.new_of[old] == PLAN_NONE)
			workers_remove(reload->workers, checks_at(reload->checks, old));
	hooks_forget_removed(reload, &plan->checks, 0);
	hooks_forget_removed(reload, &plan->groups, plan->checks.old_count);
	checks_commit(reload->checks, monotime_now());
	for (size_t rank = 0; rank < plan->checks.new_count; rank++) {
		unsigned changes = plan->checks.changes[rank];

		if (plan->checks.old_of[rank] != PLAN_NONE && (renew || (changes & (PLAN_NAME | PLAN_TIMING | PLAN_WORKER)) != 0))
			workers_change(reload->workers, checks_at(reload->checks, rank),
			    renew || (changes & (PLAN_NAME | PLAN_WORKER)) != 0);
	}
	workers_tidy(reload->workers);
}

bool
reload_start(const struct reload *reload)
{
	const struct config nothing = {0};
	struct plan *plan = plan_new(&nothing, *reload->config);
	bool prepared = plan != NULL && apply_prepare(reload, plan, *reload->config);

	if (prepared)
		apply_commit(reload, plan, false);
	plan_free(plan);
	return prepared;
}

typedef const char *name_at(const struct config *, size_t index);

static const char *
check_name(const struct config *config, size_t index)
{
	return config->checks[index].node.name;
}

static const char *
group_name(const struct config *config, size_t index)
{
	return config->groups[index].node.name;
}

/* What becomes of each check, or group; of many, for those who want to know everything. */
static void
tell_nodes(const struct plan_nodes *nodes, const struct config *old, const struct config *new, name_at *name,
    enum log_level level)
{
	char text[PLAN_TEXT_SIZE];

	for (size_t i = 0; i < nodes->new_count; i++) {
		unsigned changes = nodes->changes[i] & PLAN_CHANGED;

		if (nodes->old_of[i] == PLAN_NONE)
			log_line(level, name(new, i), "added");
		else if ((changes & PLAN_NAME) != 0)
			log_line(level, name(new, i), "renamed, it was \"%s\"", name(old, nodes->old_of[i]));
		else if (changes != 0)
			log_line(level, name(new, i), "changed: %s", plan_describe(changes, text));
	}
	for (size_t i = 0; i < nodes->old_count; i++)
		if (nodes->new_of[i] == PLAN_NONE)
			log_line(level, name(old, i), "removed");
}

/* what: is done; all: however much it is. */
static void
tell(const struct plan *plan, const struct config *old, const struct config *new, const char *what, bool all)
{
	size_t count = plan->added + plan->removed + plan->changed;
	enum log_level level = all || count <= TOLD_MAX ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;

	settings_tell(old, new);
	tell_nodes(&plan->checks, old, new, check_name, level);
	tell_nodes(&plan->groups, old, new, group_name, level);
	log_info("%s %s: %zu added, %zu removed, %zu changed, %zu unchanged", what, new->path, plan->added, plan->removed,
	    plan->changed, plan->unchanged);
}

static bool
nodes_move(const struct plan_nodes *nodes)
{
	for (size_t i = 0; i < nodes->new_count; i++)
		if (nodes->changes[i] != 0)
			return true;
	return false;
}

static bool
plan_moves(const struct plan *plan)
{
	return plan->added + plan->removed > 0 || nodes_move(&plan->checks) || nodes_move(&plan->groups);
}

/* Whether all workers can be replaced by such as these settings want. False after logging why not. */
static bool
renewal_possible(const struct reload *reload, const struct global_options *options, struct identity *identity)
{
	if (workers_renewable(reload->workers))
		return settings_possible(options, identity);
	log_errorx("neither exacheck.user nor group nor sandbox can change: the launcher died, and no other worker could be "
	    "started; restart exacheck");
	return false;
}

/* Apply a configuration: when true is returned it is the running one's successor, otherwise it stays the caller's. */
static bool
reload_apply(const struct reload *reload, struct config *config, const struct plan *plan)
{
	struct config *old = *reload->config;
	struct identity identity = *reload->identity;
	bool renew = settings_concern_workers(&old->global, &config->global);

	if (renew && !renewal_possible(reload, &config->global, &identity))
		return false;
	workers_drain(reload->workers);
	if (!apply_prepare(reload, plan, config)) {
		log_errorx("out of memory");
		return false;
	}
	tell(plan, old, config, "reloaded", false);
	*reload->identity = identity;
	settings_change(&old->global, &config->global, reload->channel, config);
	*reload->config = config;
	apply_commit(reload, plan, renew);
	config_free(old);
	return true;
}

/* Takes the configuration. */
static enum reload_result
reload_with(const struct reload *reload, struct config *config, bool asked)
{
	struct plan *plan = plan_new(*reload->config, config);
	enum reload_result result = RELOAD_REFUSED;

	if (plan == NULL)
		log_errorx("out of memory");
	else if (!plan_moves(plan) && settings_same(*reload->config, config))
		result = RELOAD_SAME;
	else if (reload_apply(reload, config, plan))
		result = RELOAD_DONE;
	if (result == RELOAD_SAME)
		log_line(asked ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, NULL, "reloaded %s: nothing has changed", config->path);
	if (result != RELOAD_DONE)
		config_free(config);
	plan_free(plan);
	return result;
}

/* A line of the log. */
static void
report_line(void *context, const char *subject, const char *text)
{
	fprintf(context, "%s%s%s\n", subject != NULL ? subject : "", subject != NULL ? ": " : "", text);
}

enum reload_result
reload_run(const struct reload *reload, bool asked, FILE *report)
{
	struct config *config;
	enum reload_result result;

	if (report != NULL)
		log_set_witness(report_line, report, false);
	config = config_source_load(reload->source, *reload->config);
	result = config == NULL ? RELOAD_REFUSED : reload_with(reload, config, asked);
	if (result == RELOAD_REFUSED)
		log_errorx("%s was not reloaded: everything goes on as before", (*reload->config)->path);
	log_set_witness(NULL, NULL, false);
	return result;
}

static enum reload_result
try_with(const struct reload *reload, const struct config *config, FILE *report)
{
	const struct config *running = *reload->config;
	struct plan *plan = plan_new(running, config);
	struct identity identity;
	enum reload_result result = RELOAD_REFUSED;

	if (plan == NULL) {
		log_errorx("out of memory");
	} else if (!plan_moves(plan) && settings_same(running, config)) {
		log_info("%s: nothing has changed", config->path);
		result = RELOAD_SAME;
	} else if (!settings_concern_workers(&running->global, &config->global) ||
	    renewal_possible(reload, &config->global, &identity)) {
		tell(plan, running, config, "would reload", true);
		if (diff_print(running, config, report))
			result = RELOAD_DONE;
		else
			log_errorx("out of memory");
	}
	plan_free(plan);
	return result;
}

enum reload_result
reload_try(const struct reload *reload, FILE *report)
{
	struct config *config;
	enum reload_result result = RELOAD_REFUSED;

	log_set_witness(report_line, report, true);
	if ((config = config_source_load(reload->source, *reload->config)) != NULL)
		result = try_with(reload, config, report);
	log_set_witness(NULL, NULL, false);
	config_free(config);
	return result;
}
