/*
 * Work done by a child: what it leaves on the heap, its crash and its endless loop are the child's.
 */
#ifndef EXACHECK_ASIDE_H
#define EXACHECK_ASIDE_H

#include <stdbool.h>

/*
 * Call work(context) in a forked child and wait for it, limit_s seconds at most. What it is to hand back lies in memory
 * that both share. False: it returned false, crashed or took too long (errno 0), or there was no child (errno).
 */
bool aside_run(bool (*work)(void *context), void *context, unsigned limit_s);

#endif
