/*
 * What changes something, or makes something happen: check, disable, drain, enable, reload, notify-test, log. Touches
 * standard output.
 */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "ctl.h"
#include "json_print.h"
#include "map.h"
#include "moment.h"
#include "words.h"

/* A check, and a message, takes as long as its timeout lets it; exacheck tells what it came to. */
#define CHECK_PATIENCE_S 300.0
#define NOTIFY_PATIENCE_S 310.0
#define RELOAD_PATIENCE_S 60.0

/* What is done with each line of an answer, besides being JSON for those who want it. */
struct acting {
	const struct ctl *ctl;
	void (*show)(struct acting *, const json_t *line);
	const char *verb; /* for people */
	enum ctl_exit code; /* of an answer that went well */
};

static bool
line_act(void *context, json_t *line)
{
	struct acting *acting = context;

	acting->show(acting, line);
	if (acting->ctl->json)
		json_print_line(line);
	return fflush(stdout) == 0;
}

/* Ask and show; the request is taken over. */
static enum ctl_exit
act(struct acting *acting, json_t *request, double patience_s)
{
	struct client *client = client_new(acting->ctl, patience_s);
	enum ctl_exit code = client_ask(client, request, line_act, acting);

	client_free(client);
	return code != CTL_DONE ? code : acting->code;
}

/* A check that was run now. */
static void
check_show(struct acting *acting, const json_t *line)
{
	char result[WORDS_SIZE], state[WORDS_SIZE];
	const json_t *last = map_map(line, "last");

	if (map_is(line, "type", "skipped"))
		acting->code = CTL_FAILED;
	if (acting->ctl->json)
		return;
	if (map_is(line, "type", "skipped"))
		printf("%s: %s\n", map_word(line, "name"), map_word(line, "message"));
	else if (map_is(line, "type", "check"))
		printf("%s: %s: %s%s%s\n", map_word(line, "name"), words_state(line, moment_now(), state),
		    words_last(line, result), *map_word(last, "text") != '\0' ? ": " : "", map_word(last, "text"));
}

enum ctl_exit
command_check(const struct ctl *ctl)
{
	struct acting acting = {.ctl = ctl, .show = check_show};

	return act(&acting, request_new("check", ctl->names, ctl->count), CHECK_PATIENCE_S);
}

/* What became of one that was disabled, drained or enabled. */
static void
override_show(struct acting *acting, const json_t *line)
{
	const json_t *override = map_map(line, "override");
	char text[WORDS_SIZE];

	if (map_is(line, "type", "warning"))
		ctl_warn("%s", map_word(line, "message"));
	if (acting->ctl->json || !map_is(line, "type", "override"))
		return;
	printf("%s: ", map_word(line, "name"));
	if (override == NULL)
		printf("%s\n", map_text(line, "message") != NULL ? map_word(line, "message") : acting->verb);
	else
		printf("%s %s%s%s\n", acting->verb, words_override(override, moment_now(), text),
		    map_text(override, "reason") != NULL ? ": " : "", map_word(override, "reason"));
}

static enum ctl_exit
override_act(const struct ctl *ctl, const char *command, const char *verb)
{
	struct acting acting = {.ctl = ctl, .show = override_show, .verb = verb};
	json_t *request = request_new(command, ctl->names, ctl->count);

	if ((ctl->for_s > 0 && json_object_set_new(request, "for_s", json_real(ctl->for_s)) != 0) ||
	    (ctl->reason != NULL && json_object_set_new(request, "reason", json_string(ctl->reason)) != 0)) {
		ctl_warn("the reason is not UTF-8");
		json_decref(request);
		return CTL_USAGE;
	}
	return act(&acting, request, CTL_PATIENCE_S);
}

enum ctl_exit
command_disable(const struct ctl *ctl)
{
	return override_act(ctl, "disable", "disabled");
}

enum ctl_exit
command_drain(const struct ctl *ctl)
{
	return override_act(ctl, "drain", "drained");
}

enum ctl_exit
command_enable(const struct ctl *ctl)
{
	return override_act(ctl, "enable", "enabled");
}

static void
reload_show(struct acting *acting, const json_t *line)
{
	static const struct {
		const char *result, *text;
	} texts[] = {
	    {"done", "the configuration is in force"},
	    {"same", "nothing has changed"},
	    {"refused", "refused: the former configuration stays in force"},
	    {"valid", "the configuration is valid; nothing was applied"},
	};

	if (map_is(line, "type", "reload") && map_is(line, "result", "refused"))
		acting->code = CTL_FAILED;
	if (acting->ctl->json)
		return;
	if (map_is(line, "type", "report"))
		printf("%s\n", map_word(line, "line"));
	for (size_t i = 0; map_is(line, "type", "reload") && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (map_is(line, "result", texts[i].result))
			printf("%s\n", texts[i].text);
}

enum ctl_exit
command_reload(const struct ctl *ctl)
{
	struct acting acting = {.ctl = ctl, .show = reload_show};
	json_t *request = request_new("reload", NULL, 0);

	if (ctl->dry_run && json_object_set_new(request, "dry_run", json_true()) != 0)
		ctl_no_memory();
	return act(&acting, request, RELOAD_PATIENCE_S);
}

/* What became of the message to a target. */
static void
target_show(struct acting *acting, const json_t *line)
{
	if (!map_is(line, "type", "target"))
		return;
	if (!map_true(line, "ok"))
		acting->code = CTL_FAILED;
	if (!acting->ctl->json)
		printf("%s: %s%s%s\n", map_word(line, "name"), map_true(line, "ok") ? "delivered" : "failed",
		    *map_word(line, "message") != '\0' ? ": " : "", map_word(line, "message"));
}

enum ctl_exit
command_notify_test(const struct ctl *ctl)
{
	struct acting acting = {.ctl = ctl, .show = target_show};
	json_t *request = request_new("notify-test", NULL, 0);

	if (ctl->count > 0 && json_object_set_new(request, "target", json_string(ctl->names[0])) != 0) {
		ctl_warn("the name of the notification is not UTF-8");
		json_decref(request);
		return CTL_USAGE;
	}
	return act(&acting, request, NOTIFY_PATIENCE_S);
}

static void
log_show(struct acting *acting, const json_t *line)
{
	if (!acting->ctl->json && map_is(line, "type", "log"))
		printf("the level of the log is %s; it was %s\n", map_word(line, "level"), map_word(line, "before"));
}

enum ctl_exit
command_log(const struct ctl *ctl)
{
	struct acting acting = {.ctl = ctl, .show = log_show};
	json_t *request = request_new("log", NULL, 0);

	if (json_object_set_new(request, "level", json_string(ctl->names[0])) != 0) {
		ctl_warn("the level is one of error, warning, info, success, debug, trace");
		json_decref(request);
		return CTL_USAGE;
	}
	return act(&acting, request, CTL_PATIENCE_S);
}
