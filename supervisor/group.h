/*
 * A group: a node whose findings are its members' verdicts. Pure, as node.h. It finds up when the weights of the
 * members that are up come to the threshold; down when they would not with those added of whom nothing is known yet;
 * else nothing new. A disabled member counts as one that is down. Weights: 1 each unless the group goes by weight; the
 * threshold of `all` is the number of members, of `any` 1.
 *
 * While the group is overridden it is found disabled, whatever its members are; then they count again, and until they
 * say something new it stays disabled.
 */
#ifndef EXACHECK_GROUP_H
#define EXACHECK_GROUP_H

#include "node.h"
#include "state.h"

struct group {
	const struct group_config *config;
	struct node node;
};

void group_init(struct group *, const struct group_config *, unsigned owner, unsigned rank, struct nodes *);

/* Judge by the members' verdicts, which verdict gives by their places in the configuration. */
void group_judge(struct group *, enum verdict (*verdict)(const void *context, size_t check), const void *context,
    monotime_t now);

/*
 * An operator's word, in place of a former one; it becomes the group's. And it is over: why is for people, "enabled by
 * root"; the caller judges then. Both are told, whatever comes of them.
 */
void group_override(struct group *, struct override *, monotime_t now);
void group_release(struct group *, const char *why, monotime_t now);

/* Its state across an upgrade, into a group that has claimed its routes. group_state_valid: whether it could be. */
json_t *group_save(const struct group *);
bool group_load(struct group *, const json_t *, char error[static STATE_ERROR_SIZE]);
bool group_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);

/* As check_inherit. */
bool group_inherit(struct group *, const json_t *, monotime_t now, char error[static STATE_ERROR_SIZE]);

#endif
