/*
 * Members' verdicts into findings. Touches the group's node. Invariant: what is found depends on the members' verdicts
 * and on nothing else.
 */
#include "group.h"

#include <inttypes.h>
#include <stdio.h>

void
group_init(struct group *group, const struct group_config *config, unsigned owner, unsigned rank, struct nodes *nodes)
{
	group->config = config;
	node_init(&group->node, &config->node, owner, rank, nodes);
}

void
group_judge(struct group *group, enum verdict (*verdict)(const void *context, size_t check), const void *context,
    monotime_t now)
{
	const struct group_config *config = group->config;
	int64_t up = 0, unknown = 0;
	char reason[96];

	for (size_t i = 0; i < config->count; i++) {
		enum verdict member = verdict(context, config->members[i].check);

		if (member == VERDICT_UP)
			up += config->members[i].weight;
		else if (member == VERDICT_NONE)
			unknown += config->members[i].weight;
	}
	snprintf(reason, sizeof(reason), "%" PRId64 " of its members%s up, %" PRId64 " needed", up,
	    config->by_weight ? "' weight" : "", config->threshold);
	if (up >= config->threshold)
		node_found(&group->node, VERDICT_UP, CAUSE_MEMBERS, reason, now);
	else if (up + unknown < config->threshold)
		node_found(&group->node, VERDICT_DOWN, CAUSE_MEMBERS, reason, now);
}
