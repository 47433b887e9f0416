/*
 * One worker: receives its job on CHANNEL_FD, prepares, enters its sandbox, then loops: sleep to the next
 * grid point, execute, send one result. Runs in a process of its own; never returns.
 */
#ifndef EXACHECK_WORKERS_WORKER_H
#define EXACHECK_WORKERS_WORKER_H

_Noreturn void worker_main(void);

#endif
