/*
 * JSON from the model. Touches nothing. Invariant: what is kept of an answer is that of the model's present sequence.
 */
#include "api.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/json_dump.h"
#include "../../common/monotime.h"

#define WELL_NS (15 * NS_PER_SECOND)
#define JSON_TYPE "application/json"

void
api_health(const struct model *model, struct evhttp_request *request)
{
	int64_t silent_ns = monotime_sub(monotime_now(), model_heard(model));

	if (!model_live(model))
		http_reply_line(request, 503, "exacheck does not run");
	else if (silent_ns > WELL_NS)
		http_reply_line(request, 503, "exacheck has not been heard of for too long");
	else
		http_reply_line(request, 200, "ok");
}

/* What is asked for. */
struct question {
	uint64_t since; /* 0: everything */
	uint64_t order; /* that the client knows; 0: none */
};

/* A number of the query; 0: there is none. */
static uint64_t
query_number(const struct evkeyvalq *query, const char *name)
{
	const char *text = evhttp_find_header(query, name);
	char *end;
	unsigned long long number;

	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	number = strtoull(text, &end, 10);
	return *end == '\0' ? number : 0;
}

static struct question
question_read(struct evhttp_request *request, const struct model *model)
{
	const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
	struct question question = {0};
	struct evkeyvalq query;

	if (text == NULL || evhttp_parse_query_str(text, &query) == -1)
		return question;
	question.since = query_number(&query, "since");
	question.order = query_number(&query, "order");
	evhttp_clear_headers(&query);
	/* a number of another life of this process means nothing */
	if (!model_known(model, question.since))
		question.since = 0;
	return question;
}

/* Its own fields, without the braces around them. */
static bool
exacheck_print(const struct model *model, FILE *file)
{
	char *text = json_dump(model_exacheck(model), JSON_COMPACT | JSON_REAL_PRECISION(9));
	bool printed = text != NULL;

	if (printed)
		fprintf(file, "%.*s,", (int)strlen(text) - 2, text + 1);
	free(text);
	return printed || model_exacheck(model) == NULL;
}

/* Checks or groups, those that have changed since. */
static void
nodes_print(const struct model *model, bool group, uint64_t since, FILE *file)
{
	const char *before = "";

	fprintf(file, ",\"%s\":[", group ? "groups" : "checks");
	for (size_t i = 0; i < model_count(model); i++) {
		const struct model_node *node = model_at(model, i);

		if (node->group != group || node->map == NULL || node->sequence <= since)
			continue;
		fputs(before, file);
		model_print(node, file);
		before = ",";
	}
	fputc(']', file);
}

static bool
names_print(const struct model *model, FILE *file)
{
	json_t *lists[2] = {json_array(), json_array()}, *map;
	char *text;
	bool printed = lists[0] != NULL && lists[1] != NULL;

	for (size_t i = 0; printed && i < model_count(model); i++) {
		const struct model_node *node = model_at(model, i);

		printed = json_array_append_new(lists[node->group], json_string(node->name)) == 0;
	}
	map = json_pack("{so so}", "checks", lists[0], "groups", lists[1]);
	if (map == NULL)
		return false;
	text = printed ? json_dump(map, JSON_COMPACT) : NULL;
	json_decref(map);
	if (text == NULL)
		return false;
	fprintf(file, ",\"names\":%s", text);
	free(text);
	return true;
}

/* NULL: out of memory. */
static struct body *
answer_make(const struct model *model, const struct question *question)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	bool complete;

	if (file == NULL)
		return NULL;
	fputc('{', file);
	complete = exacheck_print(model, file);
	fprintf(file, "\"live\":%s,\"sequence\":%llu,\"order\":%llu", model_live(model) ? "true" : "false",
	    (unsigned long long)model_sequence(model), (unsigned long long)model_order(model));
	if (question->since > 0) {
		fputs(",\"partial\":true", file);
		complete = (question->order == model_order(model) || names_print(model, file)) && complete;
	}
	nodes_print(model, false, question->since, file);
	nodes_print(model, true, question->since, file);
	fputs("}\n", file);
	complete = ferror(file) == 0 && complete;
	if (fclose(file) == 0 && complete)
		return body_new(text, length);
	free(text);
	return NULL;
}

/* The whole, made once for all who ask before something changes; no other answer is longer. */
static struct {
	struct body *body;
	uint64_t sequence;
	size_t length;
} whole;

/* What is not to be sent any more takes no room. */
static void
whole_expire(const struct model *model)
{
	if (whole.sequence == model_sequence(model))
		return;
	body_drop(whole.body);
	whole.body = NULL;
}

static struct body *
answer_whole(const struct model *model)
{
	const struct question everything = {0};

	if (whole.body != NULL)
		return body_keep(whole.body);
	whole.body = answer_make(model, &everything);
	whole.sequence = model_sequence(model);
	whole.length = whole.body != NULL ? body_length(whole.body) : whole.length;
	return body_keep(whole.body);
}

void
api_status(const struct model *model, struct evhttp_request *request)
{
	const struct question question = question_read(request, model);
	struct body *body;

	whole_expire(model);
	if (!body_room(whole.length)) {
		http_reply_line(request, 503, "too many answers are being read, slowly");
		return;
	}
	body = question.since > 0 ? answer_make(model, &question) : answer_whole(model);
	http_reply(request, 200, JSON_TYPE, body);
	body_drop(body);
}
