/*
 * exacheck itself as JSON, and what happened. Touches nothing: it only reads. Invariant: a map is whole, or there is none.
 */
#include "view.h"

#include <bsd/string.h>
#include <limits.h>
#include <unistd.h>

#include "../common/utf8.h"
#include "addresses.h"
#include "channel.h"
#include "checks.h"
#include "config.h"
#include "events.h"
#include "exabgp.h"
#include "loggers.h"
#include "notifier.h"
#include "program.h"
#include "route.h"
#include "view_internal.h"

static json_t *
exabgp_map(const struct view *view)
{
	static const char *const dialects[] = {[DIALECT_AUTO] = "auto", [DIALECT_V4] = "v4", [DIALECT_V6] = "v6"};
	struct exabgp_status status;

	channel_status(view->channel, &status);
	return json_pack("{ss ss sb sb sb sI sI sI sI sI sI sI}", "dialect", dialects[status.dialect], "version", status.version,
	    "acks", status.acks, "connected", channel_connected(view->channel), "detecting", status.detecting,
	    "pending", (json_int_t)ledger_pending(view->ledger), "in_flight", (json_int_t)status.in_flight,
	    "errors", (json_int_t)status.errors, "timeouts", (json_int_t)status.timeouts,
	    "commands", (json_int_t)status.commands, "announces", (json_int_t)status.announces,
	    "withdraws", (json_int_t)status.withdraws);
}

/* The name of a file is bytes; for people it is text. */
static json_t *
path_text(const char *path)
{
	char text[PATH_MAX];

	strlcpy(text, path, sizeof(text));
	utf8_sanitise(text);
	return json_string(text);
}

static json_t *
logging_map(const struct view *view)
{
	struct loggers_figures figures = {0};

	if (view->loggers != NULL)
		loggers_figures(view->loggers, &figures);
	return json_pack("{sI sI sI}", "lines", (json_int_t)figures.lines, "lost", (json_int_t)figures.lost,
	    "failures", (json_int_t)figures.failures);
}

/* The names of those who are told what happens. */
static json_t *
targets_list(const struct config *config)
{
	json_t *list = json_array();
	const char *name;

	for (size_t i = 0; list != NULL && (name = notifier_target(config, i)) != NULL; i++)
		if (json_array_append_new(list, json_string(name)) != 0)
			return view_whole(list, false);
	return list;
}

static json_t *
notifications_map(const struct view *view)
{
	struct notifier_figures figures = {0};

	if (view->notifier != NULL)
		notifier_figures(view->notifier, &figures);
	return json_pack("{so sI sI sI sI sI sI}", "targets", targets_list(*view->config),
	    "notices", (json_int_t)figures.notices, "lost", (json_int_t)figures.lost,
	    "delivered", (json_int_t)figures.results[NOTIFIER_DELIVERED],
	    "failed", (json_int_t)figures.results[NOTIFIER_FAILED],
	    "gave_up", (json_int_t)figures.results[NOTIFIER_GAVE_UP], "failures", (json_int_t)figures.failures);
}

static json_t *
addresses_map(const struct view *view)
{
	struct addresses_figures figures = {0};

	if (view->addresses != NULL)
		addresses_figures(view->addresses, &figures);
	return json_pack("{sI sI sI}", "wanted", (json_int_t)figures.wanted, "there", (json_int_t)figures.there,
	    "failures", (json_int_t)figures.failures);
}

json_t *
view_exacheck(const struct view *view)
{
	const struct view_counts *counts = view->counts;
	json_t *map = json_pack("{ss si so so sI sI sI sI sI}", "version", program_version, "pid", (int)getpid(),
	    "config", path_text((*view->config)->path), "uptime_s", view_seconds(monotime_sub(monotime_now(), view->started)),
	    "up", (json_int_t)checks_up(view->checks), "held", (json_int_t)checks_held(view->checks),
	    "guarded", (json_int_t)checks_guarded(view->checks), "upgrades", (json_int_t)counts->upgrades,
	    "upgrades_refused", (json_int_t)counts->refusals);

	return view_whole(map, map != NULL && view_put_time(map, "time", monotime_now()) &&
	    view_put_time(map, "started", view->started) &&
	    view_put(map, "announced", json_integer((json_int_t)ledger_count(view->ledger, ROUTE_ANNOUNCED))) &&
	    view_put_text(map, "log_level", log_level_name(log_level())) &&
	    view_put(map, "logging", logging_map(view)) &&
	    view_put(map, "notifications", notifications_map(view)) &&
	    view_put(map, "addresses", addresses_map(view)) &&
	    view_put(map, "exabgp", exabgp_map(view)) &&
	    view_put(map, "reloads", json_pack("{sI sI sI}", "refused", (json_int_t)counts->reloads[0],
	    "same", (json_int_t)counts->reloads[1], "done", (json_int_t)counts->reloads[2])));
}

json_t *
view_event(const struct events_one *one)
{
	json_t *map = json_pack("{sI ss}", "number", (json_int_t)one->number, "level", log_level_name(one->level));

	return view_whole(map, map != NULL && view_put_time(map, "time", one->at) && view_put_text(map, "name", one->name) &&
	    view_put_text(map, "before", one->before) && view_put_text(map, "after", one->after) &&
	    view_put_text(map, "text", one->text));
}
