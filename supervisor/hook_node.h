/*
 * Which hooks a change of a node leads to.
 */
#ifndef EXACHECK_SUPERVISOR_HOOK_NODE_H
#define EXACHECK_SUPERVISOR_HOOK_NODE_H

struct hooks;
struct node_change;

/*
 * Queue the runs that the change asks for: when the verdict is another one, the hook of its name, and after it
 * "change". What cannot be queued is logged.
 */
void hooks_node_changed(struct hooks *, const struct node_change *);

#endif
