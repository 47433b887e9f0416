/*
 * Figures and history as lines of state. Touches the nodes' own. Invariant: a line is taken as a whole or not at all.
 * Numbers that belong together are one flat list: there are many of them.
 */
#include "kept_state.h"

#include <stdlib.h>
#include <string.h>

#include "checks.h"

enum { ONE_AT, ONE_DURATION, ONE_CODE, ONE_REASON, ONE_FIELDS };
enum { CELL_CODE, CELL_REASON, CELL_COUNT, CELL_FIELDS };

static bool
put_number(json_t *list, uint64_t number)
{
	return json_array_append_new(list, json_integer((json_int_t)number)) == 0;
}

/* The value, or NULL after freeing it. */
static json_t *
whole(json_t *value, bool good)
{
	if (good)
		return value;
	json_decref(value);
	return NULL;
}

static json_t *
ring_save(const struct results *results)
{
	json_t *list = json_array();
	bool good = list != NULL;

	for (unsigned back = results->count; good && back-- > 0;) {
		const struct results_one *one = results_kept(results, back);

		good = put_number(list, (uint64_t)one->at.ns) && put_number(list, one->duration_us) &&
		    put_number(list, one->code) && put_number(list, one->reason);
	}
	return whole(list, good);
}

static json_t *
cells_save(const struct results *results)
{
	json_t *list = json_array();
	bool good = list != NULL;

	for (unsigned code = 0; code < RESULT_CODES; code++)
		for (unsigned reason = 0; good && reason < REASONS; reason++)
			if (results->executions[code][reason] > 0)
				good = put_number(list, code) && put_number(list, reason) &&
				    put_number(list, results->executions[code][reason]);
	return whole(list, good);
}

static json_t *
buckets_save(const struct results *results)
{
	json_t *list = json_array();
	bool good = list != NULL;

	for (unsigned i = 0; good && i < RESULTS_BUCKETS; i++)
		good = put_number(list, results->buckets[i]);
	return whole(list, good);
}

static json_t *
results_save(const struct results *results)
{
	json_t *map = json_object();

	return whole(map, map != NULL && state_put(map, "passes", json_integer((json_int_t)results->passes)) &&
	    state_put(map, "failures", json_integer((json_int_t)results->failures)) &&
	    state_put(map, "duration_ns", json_integer(results->duration_ns)) && state_put_text(map, "text", results->text) &&
	    state_put(map, "ring", ring_save(results)) && state_put(map, "cells", cells_save(results)) &&
	    state_put(map, "buckets", buckets_save(results)));
}

static json_t *
changes_save(const struct history *history)
{
	json_t *list = json_array();

	for (unsigned back = history->count; list != NULL && back-- > 0;) {
		const struct history_one *one = history_kept(history, back);

		if (json_array_append_new(list, json_pack("[I, s, s]", (json_int_t)one->at.ns, one->state,
		    one->text != NULL ? one->text : "")) != 0)
			return whole(list, false);
	}
	return list;
}

static json_t *
node_save(const struct checks *checks, size_t rank)
{
	const struct node *node = checks_node(checks, rank);
	json_t *map = json_object();

	return whole(map, map != NULL && state_put_text(map, "name", node->config->name) &&
	    state_put(map, "transitions", json_integer((json_int_t)node->history.transitions)) &&
	    state_put(map, "since", json_integer(node->history.state_since.ns)) &&
	    state_put(map, "changes", changes_save(&node->history)) && (rank >= checks_count(checks) ||
	    state_put(map, "results", results_save(&checks_at(checks, rank)->results))));
}

bool
kept_save(const struct checks *checks, FILE *file)
{
	for (size_t rank = 0; rank < checks_node_count(checks); rank++)
		if (!state_write(file, "kept", node_save(checks, rank)))
			return false;
	return true;
}

/* The other way. */

/* Read a list of whole numbers, at most `most`, a multiple of `fields` of them. Returns their number, -1: it is none. */
static int
numbers_load(const json_t *list, uint64_t *numbers, size_t most, size_t fields)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > most || count % fields != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const json_t *number = json_array_get(list, i);

		if (!json_is_integer(number) || json_integer_value(number) < 0)
			return -1;
		numbers[i] = (uint64_t)json_integer_value(number);
	}
	return (int)count;
}

static bool
ring_load(const json_t *list, struct results *results)
{
	uint64_t numbers[RESULTS_KEPT * ONE_FIELDS];
	int count = numbers_load(list, numbers, RESULTS_KEPT * ONE_FIELDS, ONE_FIELDS);

	for (int i = 0; i < count; i += ONE_FIELDS) {
		const uint64_t *one = numbers + i;

		if (one[ONE_DURATION] > UINT32_MAX || one[ONE_CODE] >= RESULT_CODES || one[ONE_REASON] >= REASONS)
			return false;
		results->kept[results->count++] = (struct results_one){{(int64_t)one[ONE_AT]}, (uint32_t)one[ONE_DURATION],
			(uint8_t)one[ONE_CODE], (uint8_t)one[ONE_REASON]};
	}
	results->next = results->count % RESULTS_KEPT;
	return count >= 0;
}

static bool
cells_load(const json_t *list, struct results *results)
{
	uint64_t numbers[RESULT_CODES * REASONS * CELL_FIELDS];
	int count = numbers_load(list, numbers, RESULT_CODES * REASONS * CELL_FIELDS, CELL_FIELDS);

	for (int i = 0; i < count; i += CELL_FIELDS) {
		const uint64_t *cell = numbers + i;

		if (cell[CELL_CODE] >= RESULT_CODES || cell[CELL_REASON] >= REASONS)
			return false;
		results->executions[cell[CELL_CODE]][cell[CELL_REASON]] = (uint32_t)cell[CELL_COUNT];
	}
	return count >= 0;
}

static bool
buckets_load(const json_t *list, struct results *results)
{
	uint64_t numbers[RESULTS_BUCKETS];
	int count = numbers_load(list, numbers, RESULTS_BUCKETS, RESULTS_BUCKETS);

	for (int i = 0; i < count; i++)
		results->buckets[i] = (uint32_t)numbers[i];
	return count >= 0;
}

static bool
results_load(const json_t *map, struct results *results)
{
	const char *text = state_text(map, "text");

	*results = (struct results){.passes = (uint64_t)json_integer_value(json_object_get(map, "passes")),
		.failures = (uint64_t)json_integer_value(json_object_get(map, "failures")),
		.duration_ns = json_integer_value(json_object_get(map, "duration_ns"))};
	if (text == NULL || strlen(text) >= sizeof(results->text))
		return false;
	memcpy(results->text, text, strlen(text) + 1);
	return ring_load(json_object_get(map, "ring"), results) && cells_load(json_object_get(map, "cells"), results) &&
	    buckets_load(json_object_get(map, "buckets"), results);
}

/* A name of a state as the history has it: one that lives for ever. NULL: it is none. */
static const char *
state_name(const char *text)
{
	for (unsigned i = 0; text != NULL && i < FSM_STATES; i++)
		if (strcmp(fsm_state_name(i), text) == 0)
			return fsm_state_name(i);
	for (unsigned i = 0; text != NULL && i < VERDICTS; i++)
		if (strcmp(verdict_name(i), text) == 0)
			return verdict_name(i);
	return NULL;
}

static bool
history_load(const json_t *map, struct history *history)
{
	const json_t *changes = json_object_get(map, "changes");

	if (!json_is_array(changes) || json_array_size(changes) > HISTORY_KEPT)
		return false;
	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *one = json_array_get(changes, i);
		const char *state = state_name(json_string_value(json_array_get(one, 1)));
		const char *text = json_string_value(json_array_get(one, 2));

		if (state == NULL || text == NULL)
			return false;
		history_add(history, state, text, false, (monotime_t){json_integer_value(json_array_get(one, 0))});
	}
	history->transitions = (uint64_t)json_integer_value(json_object_get(map, "transitions"));
	history->state_since.ns = json_integer_value(json_object_get(map, "since"));
	return true;
}

/* results, history: as they are to be. False: the caller has nothing to free. */
static bool
node_load(const json_t *map, struct results *results, struct history *history, char error[static STATE_ERROR_SIZE])
{
	const json_t *saved = json_object_get(map, "results");

	*history = (struct history){.ring = NULL};
	if ((saved == NULL || results_load(saved, results)) && history_load(map, history))
		return true;
	history_clear(history);
	snprintf(error, STATE_ERROR_SIZE, "figures or a history that cannot be");
	return false;
}

bool
kept_load(struct checks *checks, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	const char *name = state_text(map, "name");
	struct results results = {0};
	struct history history;
	size_t rank = name != NULL ? checks_find(checks, name) : checks_node_count(checks);

	if (rank == checks_node_count(checks)) {
		snprintf(error, STATE_ERROR_SIZE, "of no check or group that there is");
		return false;
	}
	if (!node_load(map, &results, &history, error))
		return false;
	history_clear(&checks_node(checks, rank)->history);
	checks_node(checks, rank)->history = history;
	if (rank < checks_count(checks))
		checks_at(checks, rank)->results = results;
	return true;
}
