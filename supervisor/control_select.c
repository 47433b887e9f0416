/*
 * The nodes that a request asks for by name. Reads the set of checks. Invariant: one name and some nodes a step, so that
 * many of them take time from nobody.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "control_internal.h"
#include "suggest.h"

#define LOOK_MAX 256	/* nodes that are looked at in a step */
#define SUGGEST_MAX 400 /* nodes of which one is suggested, which is more work */

bool
select_has(const struct control_answer *answer, size_t rank)
{
	return (answer->selected[rank / 8] & 1u << rank % 8) != 0;
}

static void
select_add(struct control_answer *answer, size_t rank)
{
	if (!select_has(answer, rank))
		answer->selected_count++;
	answer->selected[rank / 8] |= (unsigned char)(1u << rank % 8);
}

static const char *
name_at(const void *context, size_t rank)
{
	const struct checks *checks = context;

	return rank < checks_node_count(checks) ? checks_node(checks, rank)->config->name : NULL;
}

/* A name as it is: what it holds of a glob is meant as part of it. */
static bool
select_exact(struct control_answer *answer, const char *name)
{
	const struct checks *checks = answer->control->checks;

	for (size_t rank = 0; rank < checks_node_count(checks); rank++)
		if (strcmp(name, name_at(checks, rank)) == 0) {
			select_add(answer, rank);
			answer->matches++;
			return true;
		}
	return false;
}

/* Some more of the nodes, against a pattern; NULL: all of them match. Returns whether there may be more. */
static bool
select_match(struct control_answer *answer, const char *pattern)
{
	const struct checks *checks = answer->control->checks;
	size_t count = checks_node_count(checks), end = answer->looked + LOOK_MAX;

	if (pattern != NULL && answer->looked == 0 && select_exact(answer, pattern))
		return false;
	for (; answer->looked < count && answer->looked < end; answer->looked++)
		if (pattern == NULL || fnmatch(pattern, name_at(checks, answer->looked), 0) == 0) {
			select_add(answer, answer->looked);
			answer->matches++;
		}
	return answer->looked < count;
}

static const char *
suggestion_at(const void *context, size_t rank)
{
	return rank < SUGGEST_MAX ? name_at(context, rank) : NULL;
}

static enum control_step
select_failed(struct control_answer *answer, const char *pattern)
{
	const char *near = suggest(pattern, suggestion_at, answer->control->checks);

	return answer_error(answer, CONTROL_NAME_UNKNOWN, "no check%s group%s matches \"%.200s\"%s%s%s",
	    answer->command->other != NULL ? "," : " or", answer->command->other != NULL ? " or route" : "", pattern,
	    near != NULL ? ": did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?" : "");
}

/* No node has this name: something else may, that the command knows. */
static enum control_step
select_other(struct control_answer *answer, const char *pattern)
{
	enum control_step step = STEP_DONE;

	if (answer->command->other != NULL)
		step = answer->command->other(answer, pattern);
	return step == STEP_DONE ? select_failed(answer, pattern) : step;
}

enum control_step
select_step(struct control_answer *answer)
{
	size_t names = json_array_size(answer->request.names), matches;
	const char *pattern = json_string_value(json_array_get(answer->request.names, answer->pattern));

	if (answer->selected == NULL &&
	    (answer->selected = calloc(1, checks_node_count(answer->control->checks) / 8 + 1)) == NULL)
		return STEP_MEMORY;
	if (answer->pattern >= (names > 0 ? names : 1))
		return STEP_DONE;
	if (select_match(answer, pattern))
		return STEP_MORE;
	matches = answer->matches;
	answer->looked = answer->matches = 0;
	answer->pattern++;
	return matches > 0 || pattern == NULL ? STEP_MORE : select_other(answer, pattern);
}

bool
select_next(struct control_answer *answer, size_t *rank)
{
	size_t count = checks_node_count(answer->control->checks);

	while (answer->rank < count) {
		*rank = answer->rank++;
		if (select_has(answer, *rank))
			return true;
	}
	return false;
}
