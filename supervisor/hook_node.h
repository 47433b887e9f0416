/*
 * Which hooks a change of a node, or of a check's state machine, leads to.
 */
#ifndef EXACHECK_SUPERVISOR_HOOK_NODE_H
#define EXACHECK_SUPERVISOR_HOOK_NODE_H

#include <stdbool.h>

struct hooks;
struct node_change;
struct transition;

/*
 * Queue the runs that the change asks for: when the verdict is another one, the hook of its name, after it "change", and
 * after that, of a group, which has no other state, "transition". What cannot be queued is logged.
 */
void hooks_node_changed(struct hooks *, const struct node_change *, bool group);

/* Queue the run of a check's "transition", if its state is another one. */
void hooks_transition(struct hooks *, const struct transition *);

#endif
