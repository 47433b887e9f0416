/*
 * Members' verdicts into findings. Touches the group's node. Invariant: what is found depends on the
 * override, and without one on the members' verdicts alone.
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

	if (group->node.override.kind != OVERRIDE_NONE)
		return;
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

void
group_override(struct group *group, struct override *override, monotime_t now)
{
	char word[OVERRIDE_TEXT_SIZE];

	override_replace(&group->node.override, override);
	node_found(&group->node, VERDICT_DISABLED, CAUSE_OVERRIDE, override_describe(&group->node.override, word), now);
}

void
group_release(struct group *group, const char *why, monotime_t now)
{
	override_clear(&group->node.override);
	node_found(&group->node, VERDICT_DISABLED, CAUSE_OVERRIDE, why, now);
}
