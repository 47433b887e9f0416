/*
 * fork(2) with the caller's parent as parent: how the supervisor's processes make it children that they do
 * not exec or hold themselves.
 */
#ifndef EXACHECK_CLONE_SIBLING_H
#define EXACHECK_CLONE_SIBLING_H

#include <sys/types.h>

/*
 * As fork(2), for a process with one thread, except that the new process is a sibling: the caller's parent
 * reaps it. What pthread_atfork registered is not run.
 */
pid_t clone_sibling(void);

#endif
