/*
 * The control command that sends a message to those who are told what happens, to see whether it arrives. Touches the
 * notifier. Invariant: each target that was asked for is told of once: with what became of the message, or that nothing
 * is known of it.
 */
#include <bsd/string.h>
#include <stdlib.h>

#include "control_internal.h"
#include "notifier.h"
#include "suggest.h"

/* How much longer than an attempt to deliver the word about it is waited for. */
#define PATIENCE_NS (2 * NS_PER_SECOND)
#define AT_ONCE 8 /* messages that exacheck-notify sends at a time */
#define SENTRY_TIMEOUT_NS (30 * NS_PER_SECOND)
#define TEXT_SIZE 256

/* A target, as it was when it was asked for: the configuration may be another by now. */
struct tested {
	char *name;
	bool heard, ok;
	char text[TEXT_SIZE];
};

struct tests {
	uint32_t id;
	int64_t timeout_ns;
	size_t first, count; /* the list's targets, by their number */
	size_t told;
	struct tested list[];
};

static void
tests_free(void *own)
{
	struct tests *tests = own;

	for (size_t i = 0; i < tests->count; i++)
		free(tests->list[i].name);
	free(tests);
}

/* For suggest. */
static const char *
target_at(const void *config, size_t target)
{
	return notifier_target(config, target);
}

static size_t
target_count(const struct config *config)
{
	return config->notification_count + (notifier_target(config, config->notification_count) != NULL);
}

/* How long the slowest of them takes. */
static int64_t
targets_timeout(const struct config *config, size_t first, size_t count)
{
	int64_t longest_ns = 0;

	for (size_t i = first; i < first + count; i++) {
		int64_t timeout_ns = i < config->notification_count ? config->notifications[i].timeout_ns : SENTRY_TIMEOUT_NS;

		if (timeout_ns > longest_ns)
			longest_ns = timeout_ns;
	}
	return longest_ns;
}

/* Those that are to be tested. NULL: out of memory. */
static struct tests *
tests_new(const struct config *config, size_t first, size_t count)
{
	struct tests *tests = calloc(1, sizeof(*tests) + count * sizeof(tests->list[0]));

	if (tests == NULL)
		return NULL;
	tests->first = first;
	tests->timeout_ns = (int64_t)((count + AT_ONCE - 1) / AT_ONCE) * targets_timeout(config, first, count) + PATIENCE_NS;
	for (; tests->count < count; tests->count++)
		if ((tests->list[tests->count].name = strdup(notifier_target(config, first + tests->count))) == NULL) {
			tests_free(tests);
			return NULL;
		}
	return tests;
}

static enum control_step
target_unknown(struct control_answer *answer, const struct config *config, const char *name)
{
	const char *near = suggest(name, target_at, config);

	return answer_error(answer, CONTROL_NAME_UNKNOWN, "no notification is named \"%s\"%s%s%s", name,
	    near != NULL ? ": did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static enum control_step
tests_begin(struct control_answer *answer)
{
	const struct control_acts *acts = &answer->control->acts;
	const struct config *config = *answer->control->view->config;
	const char *name = answer->request.target, *problem;
	size_t first = 0, count = target_count(config);
	struct tests *tests;

	if (count == 0)
		return answer_error(answer, CONTROL_STATE_WRONG, "the configuration has neither notifications nor sentry");
	if (name != NULL) {
		while (first < count && strcmp(notifier_target(config, first), name) != 0)
			first++;
		if (first == count)
			return target_unknown(answer, config, name);
		count = 1;
	}
	if ((tests = tests_new(config, first, count)) == NULL)
		return STEP_MEMORY;
	answer->own = tests;
	answer->own_free = tests_free;
	if ((problem = acts->notify_test(acts->context, name != NULL ? first : NOTIFIER_ALL, &tests->id)) != NULL)
		return answer_error(answer, CONTROL_STATE_WRONG, "%s", problem);
	log_info("control: a test of %s%s%s, asked for by uid %u (process %d)", name != NULL ? "the notification \"" :
	    "all notifications", name != NULL ? name : "", name != NULL ? "\"" : "", answer->client->uid,
	    (int)answer->client->pid);
	answer->wakes = monotime_add(monotime_now(), tests->timeout_ns);
	return STEP_WAIT;
}

static enum control_step
target_tell(struct control_answer *answer, struct tests *tests, struct tested *tested)
{
	json_t *map = json_pack("{ss sb ss}", "name", tested->name, "ok", tested->ok, "message", tested->text);

	free(tested->name);
	tested->name = NULL;
	tests->told++;
	return answer_more(answer, "target", map);
}

/* One that is heard of, or of which nothing will be. */
enum control_step
control_notify_test(struct control_answer *answer)
{
	struct tests *tests = answer->own;
	bool over;

	if (tests == NULL)
		return tests_begin(answer);
	over = !monotime_before(monotime_now(), answer->wakes);
	for (size_t i = 0; i < tests->count; i++) {
		struct tested *tested = &tests->list[i];

		if (tested->name == NULL || !(tested->heard || over))
			continue;
		if (!tested->heard)
			snprintf(tested->text, TEXT_SIZE, "exacheck-notify did not say within %.0f s what became of it",
			    (double)tests->timeout_ns / NS_PER_SECOND);
		return target_tell(answer, tests, tested);
	}
	return tests->told < tests->count ? STEP_WAIT : STEP_DONE;
}

void
control_tested(void *context, uint32_t id, size_t target, bool ok, const char *text)
{
	struct control *control = context;
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry) {
		struct tests *tests = client->answer.own;
		struct tested *tested;

		if (client->answer.command == NULL || client->answer.command->step != control_notify_test || tests == NULL ||
		    tests->id != id || target < tests->first || target - tests->first >= tests->count)
			continue;
		tested = &tests->list[target - tests->first];
		tested->heard = true;
		tested->ok = ok;
		strlcpy(tested->text, text, sizeof(tested->text));
		answer_wake(&client->answer);
	}
}
