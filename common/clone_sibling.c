/*
 * clone(2) with CLONE_PARENT. Invariant: the child's C library is in the state in which fork(3) leaves it.
 */
#include "clone_sibling.h"

#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The C library keeps the main thread's id where the kernel can be asked for it, so that the child's copy is
 * made right as fork(3) would.
 */
pid_t
clone_sibling(void)
{
	int *tid_address = NULL;
	unsigned long flags = CLONE_PARENT | SIGCHLD;

	if (prctl(PR_GET_TID_ADDRESS, &tid_address) == 0 && tid_address != NULL)
		flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
	else
		tid_address = NULL;
#if defined(__x86_64__)
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, tid_address, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, 0, tid_address);
#endif
}
