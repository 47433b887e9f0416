/*
 * The latest of everything. Invariant: what is found by name is at its place in the order, and a line that is not taken
 * changes nothing that is to be seen.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/json_dump.h"

#define TEXT_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(9))

struct model {
	bool live;
	monotime_t heard;
	uint64_t first, sequence, order;
	json_t *exacheck;
	size_t count;
	struct model_node *nodes;
	json_t *names;  /* the names, which nodes point into */
	json_t *places; /* name -> index of nodes */
};

struct model *
model_new(monotime_t now)
{
	struct model *model = calloc(1, sizeof(*model));

	if (model == NULL)
		return NULL;
	model->heard = MONOTIME_NEVER;
	/* in microseconds: no model has so many changes, and they stay exact as JavaScript's numbers */
	model->first = model->sequence = model->order = (uint64_t)(now.ns / 1000) + 1;
	return model;
}

static void
node_clear(struct model_node *node)
{
	json_decref(node->map);
	free(node->text);
	while (node->recent_count > 0)
		free(node->recent[--node->recent_count]);
}

static void
nodes_free(struct model_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		node_clear(&nodes[i]);
	free(nodes);
}

void
model_free(struct model *model)
{
	if (model == NULL)
		return;
	nodes_free(model->nodes, model->count);
	json_decref(model->names);
	json_decref(model->places);
	json_decref(model->exacheck);
	free(model);
}

static enum model_news
exacheck_take(struct model *model, json_t *line)
{
	if (model->exacheck != NULL && json_equal(model->exacheck, line))
		return MODEL_SAME;
	json_decref(model->exacheck);
	model->exacheck = json_incref(line);
	model->sequence++;
	return MODEL_NEWS;
}

/* Fill in nodes and places. */
static bool
order_read(const json_t *names, struct model_node *nodes, json_t *places)
{
	size_t i;
	json_t *one;

	json_array_foreach(names, i, one) {
		const char *name = json_string_value(json_object_get(one, "name"));
		const json_t *group = json_object_get(one, "group");

		if (name == NULL || !json_is_boolean(group) || (i > 0 && nodes[i - 1].group && !json_is_true(group)) ||
		    json_object_get(places, name) != NULL || json_object_set_new(places, name, json_integer((json_int_t)i)) != 0)
			return false;
		nodes[i] = (struct model_node){.name = name, .group = json_is_true(group)};
	}
	return true;
}

/* What is known of nodes that there still are. */
static void
order_keep(struct model *model, struct model_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *place = json_object_get(model->places, nodes[i].name);
		struct model_node *former = place != NULL ? &model->nodes[json_integer_value(place)] : NULL;

		const struct model_node fresh = nodes[i];

		if (former == NULL || former->group != fresh.group)
			continue;
		nodes[i] = *former;
		nodes[i].name = fresh.name;
		*former = (struct model_node){0};
	}
}

static enum model_news
order_take(struct model *model, json_t *line)
{
	json_t *names = json_object_get(line, "names"), *places;
	size_t count = json_array_size(names);
	struct model_node *nodes;

	if (!json_is_array(names))
		return MODEL_BAD;
	if (model->names != NULL && json_equal(model->names, names))
		return MODEL_SAME;
	nodes = calloc(count > 0 ? count : 1, sizeof(*nodes));
	places = json_object();
	if (nodes == NULL || places == NULL || !order_read(names, nodes, places)) {
		free(nodes);
		json_decref(places);
		return MODEL_BAD;
	}
	order_keep(model, nodes, count);
	nodes_free(model->nodes, model->count);
	json_decref(model->names);
	json_decref(model->places);
	model->nodes = nodes;
	model->count = count;
	model->names = json_incref(names);
	model->places = places;
	model->order = ++model->sequence;
	return MODEL_NEWS;
}

static struct model_node *
node_find(const struct model *model, const char *name)
{
	const json_t *place = name != NULL ? json_object_get(model->places, name) : NULL;

	return place != NULL ? &model->nodes[json_integer_value(place)] : NULL;
}

/* Executions that are new, the oldest first. False: out of memory, and there are fewer of them. */
static bool
node_append(struct model_node *node, const json_t *news)
{
	size_t i;
	json_t *one;

	json_array_foreach(news, i, one) {
		char *text = json_dump(one, TEXT_FLAGS);

		if (text == NULL)
			return false;
		if (node->recent_count == MODEL_RECENT) {
			free(node->recent[0]);
			memmove(node->recent, node->recent + 1, --node->recent_count * sizeof(node->recent[0]));
		}
		node->recent[node->recent_count++] = text;
	}
	return true;
}

static enum model_news
node_take(struct model *model, json_t *line, bool group)
{
	struct model_node *node = node_find(model, json_string_value(json_object_get(line, "name")));
	const json_t *news = json_object_get(line, "news");
	bool whole, same;
	char *text;

	/* of one that is not in the order nothing is to be seen */
	if (node == NULL || node->group != group)
		return MODEL_SAME;
	whole = node_append(node, news);
	same = json_array_size(news) == 0;
	json_object_del(line, "news");
	if (same && json_equal(node->map, line))
		return MODEL_SAME;
	if ((text = json_dump(line, TEXT_FLAGS)) == NULL || !whole) {
		free(text);
		return MODEL_BAD;
	}
	free(node->text);
	json_decref(node->map);
	node->map = json_incref(line);
	node->text = text;
	node->sequence = ++model->sequence;
	return MODEL_NEWS;
}

void
model_print(const struct model_node *node, FILE *file)
{
	if (node->group) {
		fputs(node->text, file);
		return;
	}
	/* an object that is not empty: one more field goes before its end */
	fwrite(node->text, 1, strlen(node->text) - 1, file);
	for (unsigned i = 0; i < node->recent_count; i++)
		fprintf(file, "%s%s", i == 0 ? ",\"recent\":[" : ",", node->recent[i]);
	fputs(node->recent_count == 0 ? ",\"recent\":[]}" : "]}", file);
}

static enum model_news
check_take(struct model *model, json_t *line)
{
	return node_take(model, line, false);
}

static enum model_news
group_take(struct model *model, json_t *line)
{
	return node_take(model, line, true);
}

static enum model_news
bye_take(struct model *model, json_t *line)
{
	(void)line;
	model_gone(model);
	return MODEL_BYE;
}

typedef enum model_news line_take(struct model *, json_t *line);

static const struct {
	const char *type;
	line_take *take;
} kinds[] = {
	{"exacheck", exacheck_take},
	{"order", order_take},
	{"check", check_take},
	{"group", group_take},
	{"bye", bye_take},
};

/* NULL: there is none for this type. */
static line_take *
kind_find(const char *type)
{
	for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].take;
	return NULL;
}

enum model_news
model_take(struct model *model, const char *line, size_t length, monotime_t now)
{
	json_t *map = json_loadb(line, length, 0, NULL);
	line_take *take = kind_find(json_string_value(json_object_get(map, "type")));
	enum model_news news;

	json_object_del(map, "type");
	news = take != NULL ? take(model, map) : MODEL_BAD;
	json_decref(map);
	if (news == MODEL_BAD || news == MODEL_BYE)
		return news;
	model->heard = now;
	if (model->live)
		return news;
	model->live = true;
	model->sequence++;
	return MODEL_NEWS;
}

void
model_gone(struct model *model)
{
	if (model->live)
		model->sequence++;
	model->live = false;
}

bool
model_live(const struct model *model)
{
	return model->live;
}

monotime_t
model_heard(const struct model *model)
{
	return model->heard;
}

uint64_t
model_sequence(const struct model *model)
{
	return model->sequence;
}

uint64_t
model_order(const struct model *model)
{
	return model->order;
}

const json_t *
model_exacheck(const struct model *model)
{
	return model->exacheck;
}

bool
model_known(const struct model *model, uint64_t number)
{
	return number >= model->first && number <= model->sequence;
}

size_t
model_count(const struct model *model)
{
	return model->count;
}

const struct model_node *
model_at(const struct model *model, size_t place)
{
	return &model->nodes[place];
}

const struct model_node *
model_find(const struct model *model, const char *name)
{
	return node_find(model, name);
}
