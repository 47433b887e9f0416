/*
 * Memory of a worker between executions: what a handshake took is given back, as it would lie idle.
 */
#ifndef EXACHECK_IDLE_H
#define EXACHECK_IDLE_H

/* In the worker, once. */
void idle_prepare(void);

/* An execution is over. It is to have been in a function that is not inlined, so that its frames lay below this one's. */
void idle_release(void);

#endif
