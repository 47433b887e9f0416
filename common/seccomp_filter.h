/*
 * System call filters: an allow-list or a list of refusals, compiled by libseccomp into a program that is
 * kept and entered later, as often as needed (by each worker that a spawner forks). The architecture is the
 * machine's own; calls of any other end the process.
 */
#ifndef EXACHECK_SECCOMP_FILTER_H
#define EXACHECK_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "sandbox.h"

#define SECCOMP_ERROR_SIZE 128

struct seccomp_filter; /* being built */

/* Whether the kernel has filters, with all that these ask of it; without, none can be compiled either. */
bool seccomp_available(void);

/*
 * What happens to a call that no rule names: refused with EPERM, or allowed. NULL: out of memory, or what
 * libseccomp makes of this architecture.
 */
struct seccomp_filter *seccomp_filter_new(bool allow);

/*
 * Rules. A later rule of the other kind for the same call changes nothing, so the narrower comes first. A call
 * that this architecture or this libseccomp does not know is passed over. Errors are kept for seccomp_filter_compile.
 */
void seccomp_filter_allow(struct seccomp_filter *, const struct sandbox_call *); /* to a NULL name */
void seccomp_filter_refuse(struct seccomp_filter *, const struct sandbox_call *, int error);
void seccomp_filter_kill(struct seccomp_filter *, const char *const *names); /* the whole process, SIGSYS */
void seccomp_filter_errno(struct seccomp_filter *, const char *const *names, int error);

/*
 * Compile and free the filter. The program's instructions are malloc'd and the caller's. Returns false with the
 * reason in error; the filter is freed anyway.
 */
bool seccomp_filter_compile(struct seccomp_filter *, struct sock_fprog *, char error[static SECCOMP_ERROR_SIZE]);

/*
 * Filter this process (its only thread) from now on; needs no_new_privs. Returns false with errno, ENOSYS or
 * EINVAL where the kernel has no filters. seccomp(2).
 */
bool seccomp_enter(const struct sock_fprog *);

#endif
