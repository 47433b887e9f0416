/*
 * Control commands that override: disable, drain, enable. Touch the nodes. Invariant: what can go wrong comes before the
 * first node is touched, so that a command does what it says to every node that it names, or to none.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/utf8.h"
#include "checks.h"
#include "control_internal.h"

/* What was done, to be told. */
struct done {
	const char *problem; /* why it will not survive, NULL: it will; or it is told already */
	unsigned char idle[]; /* a bit a rank: there was nothing to take back */
};

void
control_user_find(struct control *control)
{
	const struct passwd *user = getpwuid(geteuid());

	snprintf(control->user, sizeof(control->user), "%s", user != NULL ? user->pw_name : "");
}

/* Who gives the command: root, or exacheck's own user, whose name was looked up at the start. */
static void
giver_describe(const struct client *client, char text[static OVERRIDE_BY_MAX + 1])
{
	const char *name = client->uid == 0 ? "root" : client->uid == geteuid() ? client->control->user : "";

	if (client->uid == 0)
		snprintf(text, OVERRIDE_BY_MAX + 1, "%s", name);
	else if (*name != '\0')
		snprintf(text, OVERRIDE_BY_MAX + 1, "%.40s (uid %u)", name, client->uid);
	else
		snprintf(text, OVERRIDE_BY_MAX + 1, "uid %u", client->uid);
}

/* False: no memory. */
static bool
done_make(struct control_answer *answer)
{
	answer->own = calloc(1, sizeof(struct done) + checks_node_count(answer->control->checks) / 8 + 1);
	answer->own_free = free;
	return answer->own != NULL;
}

/* The file and the timer follow. */
static void
done_keep(struct control_answer *answer)
{
	const struct control_acts *acts = &answer->control->acts;
	struct done *done = answer->own;

	done->problem = acts->changed != NULL ? acts->changed(acts->context) : NULL;
	answer->rank = 0;
}

/* The next line about what was done. */
static enum control_step
done_tell(struct control_answer *answer)
{
	struct done *done = answer->own;
	char problem[CONTROL_PROBLEM_SIZE];
	const struct node *node;
	size_t rank;
	json_t *map;
	bool whole;

	if (done->problem != NULL) {
		snprintf(problem, sizeof(problem), "this will not survive a restart: %s", done->problem);
		utf8_sanitise(problem);
		done->problem = NULL;
		return answer_more(answer, "warning", json_pack("{ss}", "message", problem));
	}
	if (!select_next(answer, &rank))
		return STEP_DONE;
	node = checks_node(answer->control->checks, rank);
	map = json_pack("{ss}", "name", node->config->name);
	whole = map != NULL && state_put(map, "override", view_override(&node->override));
	if (whole && (done->idle[rank / 8] & 1u << rank % 8) != 0)
		whole = state_put_text(map, "message", "was not overridden");
	else if (whole && node->override.kind == OVERRIDE_NONE && rank < checks_count(answer->control->checks) &&
	    checks_at(answer->control->checks, rank)->disabled)
		whole = state_put_text(map, "message", "stays disabled: its disable file exists");
	if (whole)
		return answer_more(answer, "override", map);
	json_decref(map);
	return STEP_MEMORY;
}

/* disable and drain */

static void
list_free(struct override *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		override_clear(&list[i]);
	free(list);
}

/* An override for each of the nodes; NULL: no memory. */
static struct override *
list_make(const struct control_answer *answer, monotime_t now)
{
	const struct control_request *request = &answer->request;
	struct override *list = calloc(answer->selected_count + 1, sizeof(*list));
	char by[OVERRIDE_BY_MAX + 1];

	giver_describe(answer->client, by);
	for (size_t i = 0; list != NULL && i < answer->selected_count; i++) {
		list[i] = (struct override){.kind = override_kind_named(answer->command->name), .set = now,
		    .until = request->for_ns > 0 ? monotime_add(now, request->for_ns) : MONOTIME_NEVER};
		if (override_set_texts(&list[i], by, request->reason))
			continue;
		list_free(list, i);
		return NULL;
	}
	return list;
}

/* STEP_MORE: each of the nodes can be drained. */
static enum control_step
drain_permit(struct control_answer *answer)
{
	const struct checks *checks = answer->control->checks;
	const char *first = NULL;
	size_t rank, lacking = 0;
	char more[40];

	for (answer->rank = 0; select_next(answer, &rank);) {
		const struct node_config *config = checks_node(checks, rank)->config;

		if (config->drain_time_ns > 0)
			continue;
		first = first != NULL ? first : config->name;
		lacking++;
	}
	if (lacking == 0)
		return STEP_MORE;
	snprintf(more, sizeof(more), " and %zu more", lacking - 1);
	return answer_error(answer, CONTROL_STATE_WRONG,
	    "nothing was changed: there is no drain_time for \"%.200s\"%s: set one, or use disable", first,
	    lacking > 1 ? more : "");
}

static enum control_step
overrides_set(struct control_answer *answer)
{
	const monotime_t now = monotime_now();
	struct override *list;
	size_t rank, i = 0;

	if (override_kind_named(answer->command->name) == OVERRIDE_DRAIN && drain_permit(answer) == STEP_FAILED)
		return STEP_FAILED;
	if ((list = list_make(answer, now)) == NULL || !done_make(answer)) {
		list_free(list, list != NULL ? answer->selected_count : 0);
		return STEP_MEMORY;
	}
	for (answer->rank = 0; select_next(answer, &rank);)
		checks_override(answer->control->checks, rank, &list[i++], now);
	free(list);
	done_keep(answer);
	return STEP_MORE;
}

enum control_step
control_disable(struct control_answer *answer)
{
	return answer->own == NULL ? overrides_set(answer) : done_tell(answer);
}

/* enable */

static enum control_step
overrides_take_back(struct control_answer *answer)
{
	struct checks *checks = answer->control->checks;
	char why[OVERRIDE_BY_MAX + sizeof("enabled by ")] = "enabled by ";
	struct done *done;
	size_t rank;

	if (!done_make(answer))
		return STEP_MEMORY;
	done = answer->own;
	giver_describe(answer->client, why + strlen(why));
	for (answer->rank = 0; select_next(answer, &rank);)
		if (checks_node(checks, rank)->override.kind == OVERRIDE_NONE)
			done->idle[rank / 8] |= (unsigned char)(1u << rank % 8);
		else
			checks_release(checks, rank, why, monotime_now());
	done_keep(answer);
	return STEP_MORE;
}

enum control_step
control_enable(struct control_answer *answer)
{
	return answer->own == NULL ? overrides_take_back(answer) : done_tell(answer);
}
