/*
 * Lines of the log for exacheck-log. Invariant: a line that a logger wants is queued, or counted as lost.
 */
#include "loggers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/walltime.h"
#include "config.h"
#include "helper.h"
#include "helper_queue.h"
#include "host_name.h"
#include "launcher.h"
#include "subsystem.h"
#include "view.h"
#include "view_internal.h"

struct loggers {
	struct config *const *config;
	const struct identity *identity;
	struct helper *helper;
	struct helper_queue *queue;
	bool wants[LOG_LEVELS][LOG_EVENTS]; /* whether any logger does, as far as these go */
	uint64_t lines;
	bool stopped; /* nobody is told any more */
};

/* The value of an option as its JSON. NULL: out of memory. */
static json_t *
value_json(const struct option *option, const struct logger_options *logger)
{
	const void *value = (const char *)logger + option->offset;
	const struct string_list *list = value;
	const char *text;
	json_t *map;

	if ((option->flags & OPTION_LIST) != 0) {
		map = json_array();
		for (size_t i = 0; map != NULL && i < list->count; i++)
			if (json_array_append_new(map, json_string(list->items[i])) == -1) {
				json_decref(map);
				map = NULL;
			}
		return map;
	}
	switch (option->type) {
	case OPTION_BOOL:
		return json_boolean(*(const bool *)value);
	case OPTION_INTEGER:
	case OPTION_SIZE:
		return json_integer(*(const int64_t *)value);
	case OPTION_CHOICE:
		return json_string(option->choices[*(const int *)value]);
	default:
		text = *(char *const *)value;
		return text != NULL ? json_string(text) : json_null();
	}
}

static json_t *
logger_json(const struct logger_options *logger)
{
	const struct logger_kind *kind = &logger_kinds[logger->method];
	json_t *map = json_pack("{ss}", "method", kind->name);
	bool whole = map != NULL;

	for (const struct option *option = kind->table; whole && option->name != NULL; option++)
		whole = view_put(map, option->name, value_json(option, logger));
	/* its number is what syslog has */
	if (whole && logger->method == LOGGER_SYSLOG)
		whole = view_put(map, "facility", json_integer(logger->facility));
	return view_whole(map, whole);
}

static json_t *
loggers_json(const struct config *config)
{
	json_t *list = json_array();
	bool whole = list != NULL;

	for (size_t i = 0; whole && i < config->logger_count; i++)
		whole = json_array_append_new(list, logger_json(&config->loggers[i])) == 0;
	return view_whole(list, whole);
}

static bool
loggers_setup(void *context, char **line)
{
	const struct loggers *loggers = context;
	const struct config *config = *loggers->config;
	const struct identity *identity = loggers->identity;
	char host[HOST_NAME_MAX + 1];
	json_t *list;

	*line = NULL;
	if (config->logger_count == 0)
		return true;
	if ((list = loggers_json(config)) == NULL)
		return false;
	/* it stays who it is, so that it may write where exacheck may */
	*line = view_line("setup", json_pack("{sI sI sb ss si ss so}", "uid", (json_int_t)geteuid(), "gid",
	    (json_int_t)getegid(), "drop", false, "sandbox", sandbox_level_names[identity->sandbox], "pid", (int)getpid(),
	    "host", host_name(host), "loggers", list));
	return *line != NULL;
}

static monotime_t
loggers_tell(void *context, struct evbuffer *out, monotime_t now)
{
	struct loggers *loggers = context;

	return helper_queue_tell(loggers->queue, out, now);
}

static void
loggers_gone(void *context, size_t unsent)
{
	struct loggers *loggers = context;

	helper_queue_gone(loggers->queue, unsent);
}

static const struct helper_kind kind = {
	.name = "exacheck-log",
	.program = LAUNCHER_LOG,
	.subsystem = "logging",
	.events = true,
	.setup = loggers_setup,
	.tell = loggers_tell,
	.gone = loggers_gone,
};

struct loggers *
loggers_new(struct event_base *base, struct config *const *config, const struct identity *identity,
    struct launcher *launcher)
{
	struct loggers *loggers = calloc(1, sizeof(*loggers));

	if (loggers == NULL)
		return NULL;
	*loggers = (struct loggers){.config = config, .identity = identity};
	if ((loggers->queue = helper_queue_new(HELPER_QUEUE_BYTES)) != NULL &&
	    (loggers->helper = helper_new(base, &kind, identity, launcher, loggers)) != NULL)
		return loggers;
	loggers_free(loggers);
	return NULL;
}

void
loggers_free(struct loggers *loggers)
{
	if (loggers == NULL)
		return;
	helper_free(loggers->helper);
	if (loggers->queue != NULL && !helper_queue_empty(loggers->queue))
		log_warnx("the last lines did not reach exacheck-log");
	helper_queue_free(loggers->queue);
	free(loggers);
}

static bool
list_has(const struct string_list *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

static void
wants_learn(struct loggers *loggers)
{
	const struct config *config = *loggers->config;

	memset(loggers->wants, 0, sizeof(loggers->wants));
	for (size_t i = 0; i < config->logger_count; i++)
		for (unsigned level = 0; level < LOG_LEVELS; level++)
			for (unsigned event = 0; event < LOG_EVENTS; event++)
				loggers->wants[level][event] |=
				    log_level_admits((enum log_level)config->loggers[i].level, (enum log_level)level) &&
				    list_has(&config->loggers[i].events, log_event_name((enum log_event)event));
}

void
loggers_configure(struct loggers *loggers)
{
	wants_learn(loggers);
	helper_configure(loggers->helper);
	if (!loggers_wanted(loggers) && helper_pid(loggers->helper) == 0)
		helper_queue_clear(loggers->queue); /* nobody is told of it any more */
}

bool
loggers_wanted(const struct loggers *loggers)
{
	return (*loggers->config)->logger_count > 0;
}

enum log_level
loggers_level(const struct loggers *loggers)
{
	enum log_level highest = LOG_LEVEL_ERROR;

	for (unsigned level = 0; level < LOG_LEVELS; level++)
		for (unsigned event = 0; event < LOG_EVENTS; event++)
			if (loggers->wants[level][event])
				highest = (enum log_level)level;
	return highest;
}

void
loggers_record(struct loggers *loggers, const struct log_record *record)
{
	const struct log_about *about = &record->about;
	const struct log_source *source = record->source;

	if (loggers->stopped || !loggers->wants[about->level][about->event])
		return;
	loggers->lines++;
	helper_queue_say(loggers->queue, loggers->helper, view_line("record", json_pack("{sI ss ss ss ss? ss? ss? ss ss si ss}", "at", (json_int_t)walltime_now_us(),
	    "level", log_level_name(about->level), "event", log_event_name(about->event), "subsystem", subsystem_name(source),
	    "check", about->subject, "from", about->before, "to", about->after, "text", record->text, "file", source->file,
	    "line", (int)source->line, "function", source->function)));
}

void
loggers_reopen(struct loggers *loggers)
{
	if (!loggers_wanted(loggers))
		return;
	helper_queue_say(loggers->queue, loggers->helper, view_line("reopen", json_object()));
}

void
loggers_stop(struct loggers *loggers)
{
	loggers->stopped = true; /* its own last words could reach nobody */
	helper_stop(loggers->helper);
}

bool
loggers_ends(const struct loggers *loggers)
{
	return helper_ends(loggers->helper);
}

pid_t
loggers_pid(const struct loggers *loggers)
{
	return helper_pid(loggers->helper);
}

bool
loggers_told(const struct loggers *loggers)
{
	return helper_told(loggers->helper) && helper_queue_empty(loggers->queue);
}

void
loggers_leave(struct loggers *loggers)
{
	helper_leave(loggers->helper);
	if (!helper_queue_empty(loggers->queue))
		log_warnx("upgrade: some lines do not reach exacheck-log, which does not listen");
}

bool
loggers_reaped(struct loggers *loggers, pid_t pid, int status)
{
	return helper_reaped(loggers->helper, pid, status);
}

bool
loggers_save(const struct loggers *loggers, FILE *file)
{
	return helper_save(loggers->helper, file);
}

void
loggers_load(struct loggers *loggers, const json_t *map)
{
	helper_load(loggers->helper, map);
}

void
loggers_figures(const struct loggers *loggers, struct loggers_figures *figures)
{
	*figures = (struct loggers_figures){loggers->lines, helper_queue_lost(loggers->queue),
	    helper_failures(loggers->helper)};
}
