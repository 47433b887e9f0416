/*
 * Wishes. Touches memory only. Invariant: a route is announced no longer than its address is wanted, as far as time goes.
 */
#include "address_wishes.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "host_addresses.h"
#include "view.h"
#include "view_internal.h"

#define LINGER_NS (500 * NS_PER_MILLISECOND) /* of addresses that are not wanted any more: ExaBGP withdraws meanwhile */
#define NOBODY SIZE_MAX /* the rank of what no node has any more */

enum want { WANT_NOT, WANT_HELD, WANT };

/* A node's wish. */
struct wish_state {
	enum want want, told;
	monotime_t released; /* when it was first seen to be over; 0: it is not */
};

struct address_wishes {
	struct host_address *list; /* what nobody has any more comes last, each once */
	struct wish_state *states; /* of the list */
	size_t count;
	bool dynamic; /* some of them are */
	bool told;    /* somebody knows what the states say was told */
	bool over;
};

struct address_wishes *
address_wishes_new(void)
{
	return calloc(1, sizeof(struct address_wishes));
}

void
address_wishes_free(struct address_wishes *wishes)
{
	if (wishes == NULL)
		return;
	free(wishes->list);
	free(wishes->states);
	free(wishes);
}

/* Whether somebody may still keep an address there because of it. */
static bool
wish_lives(const struct wish_state *state)
{
	return state->want != WANT_NOT || state->told != WANT_NOT;
}

/* Add to the list what was wanted and is not in it. Returns how many there are. */
static size_t
leaving_add(const struct address_wishes *wishes, struct host_address *list, size_t count, struct wish_state *states)
{
	size_t end = count;

	for (size_t i = 0; i < wishes->count; i++) {
		const struct host_address *address = &wishes->list[i];

		if (!wish_lives(&wishes->states[i]) || (end > count && host_address_same(&list[end - 1], address)) ||
		    bsearch(address, list, count, sizeof(*list), host_address_order) != NULL)
			continue;
		list[end] = *address;
		list[end].rank = NOBODY;
		states[end++] = (struct wish_state){.released = address->rank == NOBODY ? wishes->states[i].released :
		    (monotime_t){0}};
	}
	return end;
}

bool
address_wishes_follow(struct address_wishes *wishes, const struct config *config)
{
	struct host_address *made, *list;
	struct wish_state *states;
	size_t count;

	if (!host_addresses_make(config, &made, &count))
		return false;
	list = reallocarray(made, count + wishes->count + 1, sizeof(*list));
	if (list == NULL || (states = calloc(count + wishes->count + 1, sizeof(*states))) == NULL) {
		free(list != NULL ? list : made);
		return false;
	}
	count = leaving_add(wishes, list, count, states);
	free(wishes->list);
	free(wishes->states);
	*wishes = (struct address_wishes){.list = list, .states = states, .count = count, .over = wishes->over};
	for (size_t i = 0; i < count; i++)
		wishes->dynamic |= list[i].dynamic;
	return true;
}

bool
address_wishes_any(const struct address_wishes *wishes)
{
	return wishes->count > 0;
}

bool
address_wishes_dynamic(const struct address_wishes *wishes)
{
	return wishes->dynamic && !wishes->over;
}

void
address_wishes_begin(struct address_wishes *wishes)
{
	wishes->told = false;
}

void
address_wishes_end(struct address_wishes *wishes)
{
	wishes->over = true;
	wishes->told = false;
}

/* node: NULL: none has it any more. */
static enum want
want_now(const struct host_address *address, const struct node *node, struct wish_state *state, monotime_t now,
    monotime_t *next)
{
	monotime_t due;

	if (node != NULL &&
	    (!address->dynamic || node->wish == WISH_UP || node->wish == WISH_DRAIN || node->guarded)) {
		state->released = (monotime_t){0};
		return WANT;
	}
	if (node != NULL && node->wish == WISH_NOTHING)
		return WANT_HELD;
	/* the route comes first; where there was none this does no harm */
	if (state->released.ns == 0)
		state->released = now;
	due = monotime_add(state->released, LINGER_NS);
	if (!monotime_before(now, due))
		return WANT_NOT;
	if (monotime_before(due, *next))
		*next = due;
	return WANT_HELD;
}

bool
address_wishes_look(struct address_wishes *wishes, const struct checks *checks, monotime_t now, monotime_t *next)
{
	bool news = !wishes->told;

	*next = MONOTIME_NEVER;
	for (size_t i = 0; i < wishes->count; i++) {
		const struct host_address *address = &wishes->list[i];
		const struct node *node = address->rank == NOBODY ? NULL : checks_node(checks, address->rank);
		struct wish_state *state = &wishes->states[i];

		state->want = wishes->over ? WANT_NOT : want_now(address, node, state, now, next);
		news |= state->want != state->told;
	}
	return news;
}

/* The strongest wish for the address of the list that *i is of; *i moves on to the next address. */
static enum want
address_want(const struct address_wishes *wishes, size_t *i)
{
	const struct host_address *address = &wishes->list[*i];
	enum want want = WANT_NOT;

	for (; *i < wishes->count && host_address_same(address, &wishes->list[*i]); ++*i)
		if (wishes->states[*i].want > want)
			want = wishes->states[*i].want;
	return want;
}

size_t
address_wishes_count(const struct address_wishes *wishes)
{
	size_t count = 0;

	for (size_t i = 0; i < wishes->count;)
		count += address_want(wishes, &i) == WANT;
	return count;
}

/* Each address once. NULL: out of memory. */
static json_t *
wanted_list(const struct address_wishes *wishes)
{
	json_t *list = json_array();
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; list != NULL && i < wishes->count;) {
		const struct host_address *address = &wishes->list[i];
		enum want want = address_want(wishes, &i);

		if (want != WANT_NOT && json_array_append_new(list, json_pack("[sssb]", address->interface,
		    address_format(&address->address, text), address->label, want == WANT_HELD)) == -1)
			return view_whole(list, false);
	}
	return list;
}

char *
address_wishes_line(const struct address_wishes *wishes)
{
	json_t *list = wanted_list(wishes);

	return list != NULL ? view_line("want", json_pack("{so}", "addresses", list)) : NULL;
}

void
address_wishes_told(struct address_wishes *wishes)
{
	for (size_t i = 0; i < wishes->count; i++)
		wishes->states[i].told = wishes->states[i].want;
	wishes->told = true;
}
