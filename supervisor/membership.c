/*
 * Groups by their members. Touches its own memory. Invariant: a group stands once with each of its members, whose places
 * in the configuration are below its number of checks.
 */
#include "membership.h"

#include <stdlib.h>

bool
membership_make(struct membership *membership, const struct config *config)
{
	size_t total = 0, *first = calloc(config->count + 2, sizeof(*first));

	for (size_t i = 0; i < config->group_count; i++)
		total += config->groups[i].count;
	*membership = (struct membership){first, calloc(total + 1, sizeof(*membership->groups))};
	if (first == NULL || membership->groups == NULL) {
		membership_free(membership);
		return false;
	}
	/* How many each check has, two places on; then where they begin, one place on, which filling them in moves up. */
	for (size_t i = 0; i < config->group_count; i++)
		for (size_t j = 0; j < config->groups[i].count; j++)
			first[config->groups[i].members[j].check + 2]++;
	for (size_t i = 2; i < config->count + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < config->group_count; i++)
		for (size_t j = 0; j < config->groups[i].count; j++)
			membership->groups[first[config->groups[i].members[j].check + 1]++] = i;
	return true;
}

void
membership_free(struct membership *membership)
{
	free(membership->first);
	free(membership->groups);
	*membership = (struct membership){NULL, NULL};
}
