/*
 * exacheck-notify's setup, its queue, and what it says. Touches the queue, and the helper. Invariant: a notice is in the
 * queue or counted as lost; and nothing is made for nobody.
 */
#include "notifier.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/sandbox.h"
#include "../common/walltime.h"
#include "config.h"
#include "helper.h"
#include "helper_queue.h"
#include "host_name.h"
#include "launcher.h"
#include "notifier_line.h"
#include "notifier_words.h"
#include "program.h"
#include "subsystem.h"
#include "view.h"
#include "view_internal.h"


struct notifier {
	struct config *const *config;
	const struct identity *identity;
	struct helper *helper;
	struct helper_queue *queue;
	bool stopping; /* what comes now, nobody is told */
	uint32_t tests; /* so far; the last one's id */
	notifier_tested *tested;
	void *context;
	struct notifier_figures figures;
	uint64_t former[NOTIFIER_RESULTS]; /* by processes that are gone; part of the figures */
};

/* What it says. */

static bool
notifier_hear(void *context, const char *word)
{
	struct notifier *notifier = context;
	uint64_t results[NOTIFIER_RESULTS];
	struct notifier_outcome outcome;

	if (notifier_word_outcome(word, &outcome)) {
		if (notifier->tested != NULL)
			notifier->tested(notifier->context, outcome.id, outcome.target, outcome.ok, outcome.text);
		return true;
	}
	if (!notifier_word_figures(word, results))
		return false;
	for (size_t i = 0; i < NOTIFIER_RESULTS; i++)
		notifier->figures.results[i] = notifier->former[i] + results[i];
	return true;
}

/* What it is told. */

/* Another one: it counts anew. */
static void
notifier_begin(void *context)
{
	struct notifier *notifier = context;

	memcpy(notifier->former, notifier->figures.results, sizeof(notifier->former));
}

static monotime_t
notifier_tell(void *context, struct evbuffer *out, monotime_t now)
{
	const struct notifier *notifier = context;

	return helper_queue_tell(notifier->queue, out, now);
}

static void
notifier_gone(void *context, size_t unsent)
{
	const struct notifier *notifier = context;

	helper_queue_gone(notifier->queue, unsent);
}

/* Its setup. */

static json_t *
texts_list(const struct string_list *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < texts->count; i++)
		if (json_array_append_new(list, json_string(texts->items[i])) != 0)
			return view_whole(list, false);
	return list;
}

static json_t *
target_map(const struct notification_options *options)
{
	return json_pack("{ss ss so so sb so sI so so}", "name", options->name, "url", options->url,
	    "checks", texts_list(&options->checks), "events", texts_list(&options->events), "general", options->general_events,
	    "group", view_seconds(options->group_ns), "rate", (json_int_t)options->rate,
	    "timeout", view_seconds(options->timeout_ns), "retry", view_seconds(options->retry_ns));
}

static json_t *
targets_list(const struct config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < config->notification_count; i++)
		if (json_array_append_new(list, target_map(&config->notifications[i])) != 0)
			return view_whole(list, false);
	return list;
}

/* Null: nothing is reported. */
static json_t *
sentry_map(const struct config *config)
{
	const struct sentry_options *options = &config->sentry;

	if (notifier_target(config, config->notification_count) == NULL)
		return json_null();
	return json_pack("{ss sf}", "dsn", options->dsn, "sample_rate", options->sample_rate);
}

static bool
notifier_setup(void *context, char **line)
{
	const struct notifier *notifier = context;
	const struct config *config = *notifier->config;
	const struct identity *identity = notifier->identity;
	char host[HOST_NAME_MAX + 1];

	*line = NULL;
	if (notifier_target(config, 0) == NULL)
		return true;
	*line = view_line("setup", json_pack("{sI sI sb ss si ss ss so so}", "uid", (json_int_t)identity->uid,
	    "gid", (json_int_t)identity->gid, "drop", identity->drop, "sandbox", sandbox_level_names[identity->sandbox],
	    "pid", (int)getpid(), "host", host_name(host), "version", program_version, "targets", targets_list(config),
	    "sentry", sentry_map(config)));
	return *line != NULL;
}

static const struct helper_kind kind = {
	.name = "exacheck-notify",
	.program = LAUNCHER_NOTIFY,
	.subsystem = "notification",
	.events = true,
	.setup = notifier_setup,
	.begin = notifier_begin,
	.tell = notifier_tell,
	.gone = notifier_gone,
	.hear = notifier_hear,
};

void
notifier_configure(struct notifier *notifier)
{
	helper_configure(notifier->helper);
	if (!helper_wanted(notifier->helper) && helper_pid(notifier->helper) == 0)
		helper_queue_clear(notifier->queue); /* nobody is told of it any more */
}

/* Notices. */

static bool
notifier_wanted(const struct notifier *notifier)
{
	return !notifier->stopping && helper_wanted(notifier->helper);
}

/* Takes the line; NULL: there was no memory for it. */
static void
notifier_add(struct notifier *notifier, char *line)
{
	notifier->figures.notices++;
	helper_queue_say(notifier->queue, notifier->helper, line);
}

void
notifier_record(struct notifier *notifier, const struct log_record *record, const struct notifier_change *change)
{
	const char *subsystem;
	enum log_event event;

	if (!notifier_wanted(notifier))
		return;
	subsystem = subsystem_name(record->source);
	if ((event = notifier_event(record, subsystem, change)) != LOG_EVENT_USUAL)
		notifier_add(notifier, notifier_line(record, event, subsystem, change, walltime_now_us()));
}

uint32_t
notifier_test(struct notifier *notifier, size_t target)
{
	const char *name = target != NOTIFIER_ALL ? notifier_target(*notifier->config, target) : NULL;
	char *line;

	if (++notifier->tests == 0)
		notifier->tests = 1;
	line = view_line("test", json_pack("{sI ss?}", "id", (json_int_t)notifier->tests, "target", name));
	if (line == NULL)
		return 0;
	helper_queue_say(notifier->queue, notifier->helper, line);
	return notifier->tests;
}

void
notifier_listen(struct notifier *notifier, notifier_tested *tested, void *context)
{
	notifier->tested = tested;
	notifier->context = context;
}

/* Its life. */

struct notifier *
notifier_new(struct event_base *base, struct config *const *config, const struct identity *identity,
    struct launcher *launcher)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (notifier == NULL)
		return NULL;
	*notifier = (struct notifier){.config = config, .identity = identity};
	if ((notifier->queue = helper_queue_new(HELPER_QUEUE_BYTES)) != NULL &&
	    (notifier->helper = helper_new(base, &kind, identity, launcher, notifier)) != NULL)
		return notifier;
	notifier_free(notifier);
	return NULL;
}

void
notifier_free(struct notifier *notifier)
{
	if (notifier == NULL)
		return;
	helper_free(notifier->helper);
	if (notifier->queue != NULL && !helper_queue_empty(notifier->queue))
		log_warnx("the last events did not reach exacheck-notify");
	helper_queue_free(notifier->queue);
	free(notifier);
}

pid_t
notifier_pid(const struct notifier *notifier)
{
	return helper_pid(notifier->helper);
}

void
notifier_stop(struct notifier *notifier)
{
	notifier->stopping = true;
	helper_stop(notifier->helper);
}

bool
notifier_ends(const struct notifier *notifier)
{
	return helper_ends(notifier->helper);
}

void
notifier_leave(struct notifier *notifier)
{
	helper_leave(notifier->helper);
}

bool
notifier_told(const struct notifier *notifier)
{
	return !helper_wanted(notifier->helper) || (helper_told(notifier->helper) && helper_queue_empty(notifier->queue));
}

bool
notifier_reaped(struct notifier *notifier, pid_t pid, int status)
{
	if (!helper_reaped(notifier->helper, pid, status))
		return false;
	if (notifier->stopping && WIFSIGNALED(status)) /* nobody waited for its last words */
		log_warnx("exacheck-notify had no time to deliver everything: some of the last events are not told");
	return true;
}

bool
notifier_save(const struct notifier *notifier, FILE *file)
{
	return helper_save(notifier->helper, file);
}

void
notifier_load(struct notifier *notifier, const json_t *map)
{
	helper_load(notifier->helper, map);
}

void
notifier_figures(const struct notifier *notifier, struct notifier_figures *figures)
{
	*figures = notifier->figures;
	figures->lost = helper_queue_lost(notifier->queue);
	figures->failures = helper_failures(notifier->helper);
}
