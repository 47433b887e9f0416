/*
 * From the maps of the model to samples. Touches the file it is given. Invariant: what is not known has no sample;
 * it is never 0 instead.
 */
#include <math.h>
#include <string.h>

#include "../../common/walltime.h"
#include "field.h"
#include "metrics_family.h"

#define MS_PER_SECOND 1e3
#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))
#define LABELS 5 /* at most, and the end */
#define BOUNDS 16

static const json_t *
find(const json_t *map, const char *in, const char *key)
{
	return json_object_get(in != NULL ? json_object_get(map, in) : map, key);
}

/* NaN: it is none. */
static double
number_of(const json_t *value)
{
	int64_t ms;

	if (json_is_boolean(value))
		return json_is_true(value);
	if (json_is_number(value))
		return json_number_value(value);
	return json_is_string(value) && walltime_parse(json_string_value(value), &ms) ? (double)ms / MS_PER_SECOND : NAN;
}

/* With the label of the node and up to three more; NaN: no sample. */
static void
put(const struct metrics_sample *sample, const struct metrics_label *more, size_t count, double value)
{
	struct metrics_label labels[LABELS] = {sample->node};
	size_t first = sample->node.name != NULL;

	for (size_t i = 0; i < count; i++)
		labels[first + i] = more[i];
	if (!isnan(value))
		metrics_text_sample(sample->file, &sample->family->name, NULL, labels, value);
}

void
metrics_sample_up(const struct metrics_sample *sample)
{
	put(sample, NULL, 0, model_live(sample->model));
}

void
metrics_sample_heard(const struct metrics_sample *sample)
{
	monotime_t heard = model_heard(sample->model);

	if (heard.ns != MONOTIME_NEVER.ns)
		put(sample, NULL, 0, (double)(walltime_ns(heard) / NS_PER_MILLISECOND) / MS_PER_SECOND);
}

void
metrics_sample_info(const struct metrics_sample *sample)
{
	const struct metrics_series *series = sample->family->series;
	struct metrics_label labels[LABELS];
	size_t count = 0;

	for (; series->value != NULL && count < LABELS - 2; series++)
		labels[count++] = (struct metrics_label){series->value,
			json_string_value(find(sample->map, series->in, series->key))};
	put(sample, labels, count, 1);
}

void
metrics_sample_present(const struct metrics_sample *sample)
{
	const json_t *value = json_object_get(sample->map, sample->family->key);

	put(sample, NULL, 0, value == NULL ? NAN : !json_is_null(value));
}

void
metrics_sample_is_up(const struct metrics_sample *sample)
{
	put(sample, NULL, 0, field_text(sample->map, "verdict") == NULL ? NAN : field_is(sample->map, "verdict", "up"));
}

/* One of them is always there, so that there is something to take the rate of from the beginning. */
void
metrics_sample_executions(const struct metrics_sample *sample)
{
	struct metrics_label labels[] = {{"result", "pass"}, {"reason", "ok"}};
	const json_t *list = json_object_get(sample->map, "executions"), *one;
	size_t i;

	if (json_is_array(list) && !field_is(json_array_get(list, 0), "result", "pass"))
		put(sample, labels, COUNT(labels), 0);
	json_array_foreach(list, i, one) {
		labels[0].value = field_text(one, "result");
		labels[1].value = field_text(one, "reason");
		put(sample, labels, COUNT(labels), number_of(json_object_get(one, "count")));
	}
}

/* One sample: the sum of a number of those maps of a list that have this word. */
static void
sum_put(const struct metrics_sample *sample, const char *list_name, const char *field, const char *word,
    const char *number)
{
	const json_t *list = json_object_get(sample->map, list_name), *one;
	double sum = json_is_array(list) ? 0 : NAN;
	size_t i;

	json_array_foreach(list, i, one)
		if (field_is(one, field, word))
			sum += number_of(json_object_get(one, number));
	put(sample, NULL, 0, sum);
}

void
metrics_sample_lease_misses(const struct metrics_sample *sample)
{
	sum_put(sample, "executions", "reason", "lease", "count");
}

/* As text; NULL: without a limit. All checks have the same bounds, so that each is made once. */
static const char *
bound_text(size_t place, const json_t *limit)
{
	static struct {
		double bound;
		char text[METRICS_NUMBER_SIZE];
	} made[BOUNDS], other;
	double bound = limit != NULL ? number_of(limit) : 0;

	if (limit == NULL)
		return "+Inf";
	if (place >= BOUNDS)
		return metrics_text_bound(bound, other.text);
	if (made[place].text[0] == '\0' || made[place].bound != bound) {
		made[place].bound = bound;
		metrics_text_bound(bound, made[place].text);
	}
	return made[place].text;
}

/* A check that was not executed yet has none. */
void
metrics_sample_durations(const struct metrics_sample *sample)
{
	const json_t *map = json_object_get(sample->map, "durations"), *bounds = json_object_get(map, "bounds");
	const json_t *counts = json_object_get(map, "counts"), *count = NULL;
	const struct metrics_name *name = &sample->family->name;
	struct metrics_label labels[] = {sample->node, {"le", NULL}, {0}}, end = {0};
	size_t i;

	if (!(number_of(json_array_get(counts, json_array_size(counts) - 1)) > 0))
		return;
	json_array_foreach(counts, i, count) {
		labels[1].value = bound_text(i, json_array_get(bounds, i));
		metrics_text_sample(sample->file, name, "_bucket", labels, number_of(count));
	}
	labels[1] = end;
	metrics_text_sample(sample->file, name, "_sum", labels, number_of(json_object_get(map, "sum_s")));
	metrics_text_sample(sample->file, name, "_count", labels,
	    number_of(json_array_get(counts, json_array_size(counts) - 1)));
}

void
metrics_sample_weight(const struct metrics_sample *sample)
{
	sum_put(sample, "members", "verdict", "up", "weight");
}

/* One sample a route: whether that is its state. */
static void
routes_put(const struct metrics_sample *sample, const char *state)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(sample->map, "routes"), i, one) {
		const json_t *path_id = json_object_get(one, "path_id");
		char number[METRICS_NUMBER_SIZE] = "";
		const struct metrics_label labels[] = {{"prefix", field_text(one, "prefix")}, {"path_id", number},
			{"neighbor", field_text(one, "neighbor")}};

		if (json_is_integer(path_id))
			metrics_text_number(number_of(path_id), number);
		put(sample, labels, COUNT(labels), field_is(one, "state", state));
	}
}

void
metrics_sample_announced(const struct metrics_sample *sample)
{
	routes_put(sample, "announced");
}

void
metrics_sample_rejected(const struct metrics_sample *sample)
{
	routes_put(sample, "rejected");
}

void
metrics_sample(const struct metrics_sample *sample)
{
	const struct metrics_family *family = sample->family;
	const struct metrics_series *series = family->series;
	const char *const *words = family->words;
	const json_t *value;

	if (family->sample != NULL) {
		family->sample(sample);
		return;
	}
	value = find(sample->map, family->in, family->key != NULL ? family->key : "");
	if (words != NULL)
		for (; json_is_string(value) && *words != NULL; words++)
			put(sample, &(struct metrics_label){family->label, *words}, 1,
			    strcmp(json_string_value(value), *words) == 0);
	else if (series != NULL)
		for (; series->value != NULL; series++)
			put(sample, &(struct metrics_label){family->label, series->value}, 1,
			    number_of(find(sample->map, series->in, series->key)));
	else
		put(sample, NULL, 0, number_of(value));
}
