/*
 * Signals as a new process should find them.
 */
#ifndef EXACHECK_SIGNALS_DEFAULT_H
#define EXACHECK_SIGNALS_DEFAULT_H

/*
 * Every signal does what it does by default, and none is blocked: what a process has inherited is its parent's, and what is
 * ignored stays so across execve(2). Async-signal-safe.
 */
void signals_default(void);

#endif
