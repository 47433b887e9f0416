/*
 * Names, each once. Touches memory only. Invariant: every event is counted, with its name or as a stranger's.
 */
#include "roster.h"

#include <stdlib.h>
#include <string.h>

static int
name_compare(const struct roster_one *a, const struct roster_one *b)
{
	if (a->name == NULL || b->name == NULL)
		return (a->name != NULL) - (b->name != NULL);
	return strcmp(a->name, b->name);
}

RB_GENERATE_INTERNAL(roster_names, roster_one, by_name, name_compare, __attribute__((unused)) static)

void
roster_init(struct roster *roster)
{
	*roster = (struct roster){0};
	RB_INIT(&roster->names);
	TAILQ_INIT(&roster->order);
}

void
roster_clear(struct roster *roster)
{
	struct roster_one *one;

	while ((one = TAILQ_FIRST(&roster->order)) != NULL) {
		TAILQ_REMOVE(&roster->order, one, in_order);
		free(one->name);
		free(one);
	}
	roster_init(roster);
}

/* A further one; NULL: no room. */
static struct roster_one *
one_new(struct roster *roster, const struct notice *notice)
{
	struct roster_one *one;

	if (roster->count == ROSTER_MAX || (one = calloc(1, sizeof(*one))) == NULL)
		return NULL;
	if (notice->check != NULL && (one->name = strdup(notice->check)) == NULL) {
		free(one);
		return NULL;
	}
	one->group = notice->group;
	RB_INSERT(roster_names, &roster->names, one);
	TAILQ_INSERT_TAIL(&roster->order, one, in_order);
	roster->count++;
	return one;
}

void
roster_add(struct roster *roster, const struct notice *notice, bool listed)
{
	struct roster_one key = {.name = notice->check}, *one = RB_FIND(roster_names, &roster->names, &key);
	unsigned kind = notice_kind(notice);

	if (one == NULL && (one = one_new(roster, notice)) == NULL) {
		roster->strangers++;
		return;
	}
	if ((one->kinds & 1u << kind) == 0)
		roster->kinds[one->group][kind]++;
	one->kinds |= 1u << kind;
	one->unlisted += !listed;
	one->last = notice_kind(notice);
}
