/*
 * Making lines. Touches of nodes only what is kept for the feed. Invariant: a node is no longer dirty when its line is in
 * the buffer, and not before.
 */
#include "feed_lines.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "checks.h"
#include "route.h"

#define PASS_NS (250 * NS_PER_MILLISECOND) /* from the beginning of one to that of the next */
#define ALL_NS (30 * NS_PER_SECOND)
#define NODE_NS (500 * NS_PER_MILLISECOND) /* of a node, unless its state is another */
#define SELF_NS (1 * NS_PER_SECOND)
#define ALIVE_NS (5 * NS_PER_SECOND)
#define COMPLAIN_NS (60 * NS_PER_SECOND)
#define RETRY_NS (1 * NS_PER_SECOND)
/* In one turn of the loop: */
#define LINES 16
#define LOOKS 1024
#define BYTES ((size_t)64 * 1024)

void
feed_lines_init(struct feed_lines *lines, const struct view *view, struct checks *checks)
{
	*lines = (struct feed_lines){.view = view, .checks = checks, .complained = {-COMPLAIN_NS}};
}

void
feed_lines_clear(struct feed_lines *lines)
{
	json_decref(lines->told);
	lines->told = NULL;
}

void
feed_lines_reloaded(struct feed_lines *lines)
{
	lines->order_due = lines->all_due = true;
	lines->next = SIZE_MAX;
	lines->pass_at = (monotime_t){0};
}

void
feed_lines_begin(struct feed_lines *lines)
{
	feed_lines_clear(lines);
	feed_lines_reloaded(lines);
	for (size_t i = 0; i < checks_node_count(lines->checks); i++)
		checks_node(lines->checks, i)->fed = (monotime_t){0};
	for (size_t i = 0; i < checks_count(lines->checks); i++)
		checks_at(lines->checks, i)->results.fed = 0;
}

/* Takes the line. */
static bool
line_add(struct feed_lines *lines, struct evbuffer *out, char *line, monotime_t now)
{
	bool added = line != NULL && evbuffer_add(out, line, strlen(line)) == 0;

	free(line);
	if (!added && monotime_sub(now, lines->complained) >= COMPLAIN_NS) {
		lines->complained = now;
		log_errorx("out of memory: exacheck-web is told of some things later");
	}
	return added;
}

static bool
order_write(struct feed_lines *lines, struct evbuffer *out, monotime_t now)
{
	json_t *list = json_array();
	size_t count = checks_count(lines->checks);
	bool whole = list != NULL;

	for (size_t i = 0; whole && i < checks_node_count(lines->checks); i++)
		whole = json_array_append_new(list, json_pack("{ss sb}", "name", checks_node(lines->checks, i)->config->name,
		    "group", i >= count)) == 0;
	if (whole)
		return line_add(lines, out, view_line("order", json_pack("{so}", "names", list)), now);
	json_decref(list);
	return line_add(lines, out, NULL, now);
}

/* Whether exacheck itself is to be told: that it lives, or what differs from last time, which becomes what was told. */
static bool
self_due(struct feed_lines *lines, const json_t *map, monotime_t now)
{
	json_t *telling = json_copy((json_t *)(uintptr_t)map);
	bool due;

	json_object_del(telling, "uptime_s");
	json_object_del(telling, "time");
	due = monotime_sub(now, lines->told_at) >= ALIVE_NS || telling == NULL || !json_equal(telling, lines->told);
	json_decref(lines->told);
	lines->told = telling;
	return due;
}

static void
self_write(struct feed_lines *lines, struct evbuffer *out, monotime_t now)
{
	json_t *map;

	if (lines->told != NULL && monotime_sub(now, lines->told_at) < SELF_NS)
		return;
	map = view_exacheck(lines->view);
	if (map != NULL && !self_due(lines, map, now)) {
		json_decref(map);
		return;
	}
	if (line_add(lines, out, view_line("exacheck", map), now))
		lines->told_at = now;
}

static bool
route_old(const struct node *node, const struct route_key *key, size_t prefix, void *context)
{
	const struct feed_lines *lines = context;
	const struct route *route = ledger_look_up(lines->view->ledger, key);

	(void)node;
	(void)prefix;
	return route == NULL || route_news_of(route) <= lines->news_before;
}

/* Whether this came after the node was told. */
static bool
after(const struct node *node, monotime_t point)
{
	return !monotime_before(point, node->fed);
}

/* Whether what is to be seen of a group's members has changed; the group itself need not have. */
static bool
members_changed(const struct feed_lines *lines, const struct group *group)
{
	for (size_t i = 0; i < group->config->count; i++)
		if (after(&group->node, checks_at(lines->checks, group->config->members[i].check)->node.since))
			return true;
	return false;
}

static bool
node_due(struct feed_lines *lines, struct node *node, size_t rank, monotime_t now)
{
	size_t count = checks_count(lines->checks);

	if (lines->all || node->fed.ns == 0)
		return true;
	/* in a later pass this is no news any more */
	node->dirty |= lines->news != lines->news_before && !node_each_route(node, route_old, lines);
	if (monotime_sub(now, node->fed) < NODE_NS && !after(node, node->since) && !after(node, node->history.state_since))
		return false;
	return node->dirty || (rank >= count && members_changed(lines, checks_group(lines->checks, rank - count)));
}

/* False: no memory, and nothing was said. */
static bool
node_write(struct feed_lines *lines, struct evbuffer *out, struct node *node, size_t rank, monotime_t now)
{
	bool group = rank >= checks_count(lines->checks);
	struct results *results = group ? NULL : &checks_at(lines->checks, rank)->results;

	if (!line_add(lines, out, view_line(group ? "group" : "check", view_node(lines->view, rank, VIEW_FEED, now)), now))
		return false;
	node->dirty = false;
	node->fed = now;
	if (results != NULL)
		results->fed = results->passes + results->failures;
	return true;
}

static void
pass_begin(struct feed_lines *lines, monotime_t now)
{
	lines->next = 0;
	lines->pass_at = now;
	lines->news_before = lines->news;
	lines->news = ledger_news(lines->view->ledger);
	lines->all = lines->all_due || monotime_sub(now, lines->all_at) >= ALL_NS;
	if (lines->all)
		lines->all_at = now;
	lines->all_due = false;
}

/* False: no memory. */
static bool
pass_go_on(struct feed_lines *lines, struct evbuffer *out, monotime_t now)
{
	size_t count = checks_node_count(lines->checks);
	unsigned written = 0;

	for (unsigned looks = 0; lines->next < count && looks < LOOKS; looks++, lines->next++) {
		struct node *node = checks_node(lines->checks, lines->next);

		if (written == LINES || evbuffer_get_length(out) > BYTES)
			break;
		if (!node_due(lines, node, lines->next, now))
			continue;
		if (!node_write(lines, out, node, lines->next, now))
			return false;
		written++;
	}
	return true;
}

monotime_t
feed_lines_write(struct feed_lines *lines, struct evbuffer *out, monotime_t now)
{
	monotime_t next = monotime_add(lines->pass_at, PASS_NS);

	if (lines->order_due && !order_write(lines, out, now))
		return monotime_add(now, RETRY_NS);
	lines->order_due = false;
	self_write(lines, out, now);
	if (lines->next >= checks_node_count(lines->checks)) {
		if (lines->pass_at.ns != 0 && monotime_before(now, next))
			return next;
		pass_begin(lines, now);
	}
	if (!pass_go_on(lines, out, now))
		return monotime_add(now, RETRY_NS);
	return lines->next < checks_node_count(lines->checks) ? now : monotime_add(lines->pass_at, PASS_NS);
}
