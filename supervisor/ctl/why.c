/*
 * `why`: everything that led to what a check, a group or a route is, and what happens next. Touches standard output.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "colour.h"
#include "ctl.h"
#include "map.h"
#include "moment.h"
#include "screen.h"
#include "status.h"
#include "why.h"
#include "why_next.h"
#include "words.h"

#define RESULTS_SHOWN 5 /* the last ones */
#define CHANGES_SHOWN 3

bool
why_is_prefix(const char *word)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	size_t length = strcspn(word, "/");

	if (length == 0 || length >= sizeof(address))
		return false;
	memcpy(address, word, length);
	address[length] = '\0';
	return inet_pton(AF_INET, address, &in6) == 1 || inet_pton(AF_INET6, address, &in6) == 1;
}

char *
why_literal(const char *name)
{
	char *pattern = ctl_whole(malloc(2 * strlen(name) + 1)), *end = pattern;

	for (; *name != '\0'; name++) {
		if (strchr("*?[\\", *name) != NULL)
			*end++ = '\\';
		*end++ = *name;
	}
	*end = '\0';
	return pattern;
}

/* Which rule decided. */

static void
override_print(const json_t *node, int64_t now)
{
	const json_t *override = map_map(node, "override");
	char text[WORDS_SIZE], when[MOMENT_SIZE];

	printf("it was %s at %s %s%s%s\n", map_is(override, "kind", "drain") ? "drained" : "disabled",
	    moment_format(map_moment(override, "set"), now, when), words_override(override, now, text),
	    map_text(override, "reason") != NULL ? ": " : "", map_word(override, "reason"));
}

static void
group_print(const json_t *node)
{
	json_t *members = map_list(node, "members"), *member;
	long long up = 0;
	size_t i;

	json_array_foreach(members, i, member)
		up += map_is(member, "verdict", "up") ? map_integer(member, "weight") : 0;
	printf("%lld of %s up, %lld needed:", up, words_members(node), (long long)map_integer(node, "threshold"));
	json_array_foreach(members, i, member) {
		printf("%s %s is %s", i > 0 ? "," : "", map_word(member, "name"), map_word(member, "verdict"));
		if (map_integer(member, "weight") != 1)
			printf(" (weight %lld)", (long long)map_integer(member, "weight"));
	}
	putchar('\n');
}

static void
check_print(const json_t *node)
{
	long long count = (long long)map_integer(node, "count");
	long long rise = (long long)map_integer(node, "rise"), fall = (long long)map_integer(node, "fall");
	const char *verdict = map_word(node, "verdict");

	if (map_is(node, "state", "up"))
		printf("its results: %lld pass%s in a row (rise) brought it up\n", rise, rise == 1 ? "" : "es");
	else if (map_is(node, "state", "down"))
		printf("its results: %lld failure%s in a row (fall) brought it down\n", fall, fall == 1 ? "" : "s");
	else if (map_is(node, "state", "rising"))
		printf("%lld pass%s in a row of %lld needed (rise)\n", count, count == 1 ? "" : "es", rise);
	else if (map_is(node, "state", "falling"))
		printf("%lld failure%s in a row of %lld needed (fall)\n", count, count == 1 ? "" : "s", fall);
	else
		printf("it has no result yet\n");
	if (!map_is(node, "state", verdict) && map_text(node, "held_until") == NULL)
		printf("           until then it counts as %s\n", verdict);
}

static void
rule_print(const json_t *node, int64_t now)
{
	char when[MOMENT_SIZE];
	bool group = map_text(node, "method") == NULL;

	printf("  %-9s", "why:");
	if (map_map(node, "override") != NULL)
		override_print(node, now);
	else if (map_is(node, "state", "disabled") && !group)
		printf("its disable file exists: %s\n", map_word(map_map(node, "rules"), "disable_file"));
	else if (group)
		group_print(node);
	else
		check_print(node);
	if (map_map(node, "override") != NULL && map_true(node, "disable_file_exists"))
		printf("           its disable file exists, too: %s\n", map_word(map_map(node, "rules"), "disable_file"));
	if (map_text(node, "held_until") != NULL)
		printf("           found %s, held as %s until %s by %s\n", map_word(node, "found"), map_word(node, "verdict"),
		    moment_format(map_moment(node, "held_until"), now, when), map_is(node, "verdict", "up") ? "min_up" : "min_down");
	if (map_true(node, "guarded"))
		printf("           the guard keeps its routes announced: too much would be withdrawn for failures\n");
	if (map_text(node, "drains_until") != NULL)
		printf("           drains until %s: announced with the attributes of drain\n",
		    moment_format(map_moment(node, "drains_until"), now, when));
}

/* Its last results, the latest first, that one with its text. */
static void
results_print(const json_t *node)
{
	json_t *recent = map_list(node, "recent"), *result;
	const json_t *last = map_map(node, "last");
	size_t count = json_array_size(recent);
	char when[MOMENT_SIZE], word[WORDS_SIZE], elapsed[MOMENT_SIZE];

	for (size_t back = 0; back < count && back < RESULTS_SHOWN; back++) {
		result = json_array_get(recent, count - 1 - back);
		printf("  %-9s%s  %-16s %8s", back == 0 ? "last:" : "", moment_format_whole(map_moment(result, "time"), when),
		    words_result(result, word), elapsed_format(map_number(result, "duration_ms"), elapsed));
		printf("%s%s\n", back == 0 && *map_word(last, "text") != '\0' ? "  " : "", back == 0 ? map_word(last, "text") : "");
	}
}

static bool
changes_print(void *context, json_t *line)
{
	json_t *changes = map_list(line, "changes"), *change;
	size_t count = json_array_size(changes);
	char when[MOMENT_SIZE];

	(void)context;
	for (size_t back = 0; back < count && back < CHANGES_SHOWN; back++) {
		change = json_array_get(changes, count - 1 - back);
		printf("  %-9s%s  %s\n", back == 0 ? "changed:" : "", moment_format_whole(map_moment(change, "time"), when),
		    map_word(change, "text"));
	}
	return true;
}

/* Routes. */

/* Another one that wants it announced; name NULL: nobody is another one. */
static const char *
other_owner(const json_t *route, const char *name)
{
	json_t *owner;
	size_t i;

	json_array_foreach(map_list(route, "owners"), i, owner)
		if (name != NULL && map_is(owner, "wish", "announce") && !map_is(owner, "name", name))
			return map_text(owner, "name");
	return NULL;
}

/* What is to be said of a route beside its state, seen from a node; name NULL: from nobody's. */
static void
route_reason_print(const json_t *route, const char *name)
{
	const char *by = map_text(route, "by");
	const char *other;
	bool wanted = map_is(route, "desired", "announced");

	if (map_text(route, "error") != NULL)
		printf(": ExaBGP refused it: %s", map_text(route, "error"));
	else if (map_true(route, "held"))
		printf(": held as a predecessor left it, until there is a verdict");
	else if (by != NULL && (name == NULL || strcmp(by, name) != 0))
		printf(", for %s", by);
	else if ((other = other_owner(route, name)) != NULL)
		printf(", also wanted by %s", other);
	else if (wanted != map_is(route, "sent", "announced"))
		printf(": to be %s, not said to ExaBGP yet", map_word(route, "desired"));
	else if (!map_is(route, "acked", map_word(route, "sent")))
		printf(", not acknowledged by ExaBGP yet");
}

static void
route_print(const json_t *route, const char *name)
{
	const char *attributes = map_text(route, "sent_attributes");

	printf("%s%s%s is %s", map_word(route, "prefix"), map_text(route, "neighbor") != NULL ? " to " : "",
	    map_word(route, "neighbor"), map_word(route, "state"));
	if (json_is_integer(json_object_get(route, "path_id")))
		printf(" (path id %lld)", (long long)map_integer(route, "path_id"));
	route_reason_print(route, name);
	if (attributes != NULL)
		printf(" [%s]", attributes);
	putchar('\n');
}

static bool
route_of(const json_t *route, const char *name)
{
	json_t *owner;
	size_t i;

	json_array_foreach(map_list(route, "owners"), i, owner)
		if (map_is(owner, "name", name))
			return true;
	return false;
}

/* One node, whole. */

struct explaining {
	const struct ctl *ctl;
	struct client *client;
	int64_t now;
	json_t *routes;
	enum ctl_exit code;
	size_t told; /* nodes */
};

static void
node_explain(void *context, json_t *node)
{
	struct explaining *explaining = context;
	const char *name = map_word(node, "name"), *label = "routes:";
	char state[WORDS_SIZE], since[WORDS_SIZE], *literal = why_literal(name);
	enum colour colour = screen_has_colour() ? words_colour(node) : COLOUR_NONE;
	bool shared = false;
	json_t *route;
	size_t i;

	printf("%s%s is %s%s%s%s%s\n", explaining->told++ > 0 ? "\n" : "", name, colour_begin(colour),
	    words_state(node, explaining->now, state), colour_end(colour), map_text(node, "since") != NULL ? " for " : "",
	    map_text(node, "since") != NULL ? words_since(node, explaining->now, since) : "");
	rule_print(node, explaining->now);
	results_print(node);
	if (explaining->code == CTL_DONE)
		explaining->code = client_ask(explaining->client, request_new("history", &literal, 1), changes_print, NULL);
	json_array_foreach(explaining->routes, i, route)
		if (route_of(route, name)) {
			shared = shared || other_owner(route, name) != NULL;
			printf("  %-9s", label);
			route_print(route, name);
			label = "";
		}
	why_next_print(node, explaining->now, shared);
	free(literal);
}

static bool
line_keep(void *context, json_t *line)
{
	if (json_array_append(context, line) != 0)
		ctl_no_memory();
	return true;
}

/* Nodes by their names, or patterns. */
static enum ctl_exit
names_explain(struct explaining *explaining, char *const *names, size_t count)
{
	struct status status;

	if (!status_fetch(&status, explaining->client, names, count, true))
		return client_complain(explaining->client);
	if (json_array_size(explaining->routes) == 0)
		explaining->code = client_ask(explaining->client, request_new("routes", names, count), line_keep,
		    explaining->routes);
	explaining->now = status.now;
	if (explaining->code == CTL_DONE)
		status_each(&status, node_explain, explaining);
	status_free(&status);
	return explaining->code;
}

/* A route, and then everyone who has a word in it. */
static enum ctl_exit
route_explain(struct explaining *explaining, char *word)
{
	json_t *route, *owner, *owners = ctl_whole(json_object());
	enum ctl_exit code = client_ask(explaining->client, request_new("routes", &word, 1), line_keep, explaining->routes);
	const char *name;
	size_t i, j;

	json_array_foreach(explaining->routes, i, route) {
		route_print(route, NULL);
		json_array_foreach(map_list(route, "owners"), j, owner) {
			printf("  %s wants it %s\n", map_word(owner, "name"), map_is(owner, "wish", "undecided") ? "neither way yet" :
			    map_is(owner, "wish", "announce") ? "announced" : "withdrawn");
			if (json_object_set_new(owners, map_word(owner, "name"), json_true()) != 0)
				ctl_no_memory();
		}
	}
	explaining->told = 1;
	json_object_foreach(owners, name, owner) {
		char *literal = why_literal(name);

		if (code == CTL_DONE)
			code = names_explain(explaining, &literal, 1);
		free(literal);
	}
	json_decref(owners);
	return code;
}

enum ctl_exit
command_why(const struct ctl *ctl)
{
	struct explaining explaining = {.ctl = ctl};
	enum ctl_exit code = CTL_DONE;

	if (ctl->json)
		return why_json(ctl);
	explaining.client = client_new(ctl, CTL_PATIENCE_S);
	for (size_t i = 0; code == CTL_DONE && i < ctl->count; i++) {
		explaining.routes = ctl_whole(json_array());
		code = why_is_prefix(ctl->names[i]) ? route_explain(&explaining, ctl->names[i]) :
		    names_explain(&explaining, ctl->names + i, 1);
		json_decref(explaining.routes);
	}
	client_free(explaining.client);
	return code;
}
