/*
 * Giving back the heap's free pages, and the stack's. Touches nothing that is in use.
 */
#include "idle.h"

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_DEPTH ((size_t)64 * 1024) /* bytes; a handshake goes 20 kB deep */
#define HEAP_KEPT (4 * 1024 * 1024)	/* bytes free at the end of the heap, while an execution runs */

void
idle_prepare(void)
{
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT); /* given back once, after the execution, not at every turn of it */
}

/*
 * Give back what deep calls wrote below this frame, which therefore must be one of its own, not a caller's; a page is
 * left for the calls made here. The kernel gives empty pages when they are needed again.
 */
static __attribute__((noinline)) void
stack_release(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), end = (uintptr_t)__builtin_frame_address(0) / page * page - page;

	madvise((void *)(end - STACK_DEPTH), STACK_DEPTH, MADV_DONTNEED);
}

void
idle_release(void)
{
	malloc_trim(0);
	stack_release();
}
