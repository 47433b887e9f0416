/*
 * The lock on the runtime directory: one exacheck a directory. A record lock (fcntl(2)), so that it ends with its
 * process whatever happens, is not inherited by children, survives execve(2), and tells who holds it without trusting
 * the contents of any file.
 */
#ifndef EXACHECK_LOCK_H
#define EXACHECK_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Make the directory (0755) unless it is there, and lock it; while another process holds the lock wait up to
 * patience_ns, without an event loop. Returns a close-on-exec descriptor that must stay open as long as the lock is
 * wanted: closing any descriptor of the same file gives it up. -1 with errno; EAGAIN: another process holds it.
 */
int lock_take(const char *directory, int64_t patience_ns);

/*
 * Whether the file is still where the next exacheck looks for it: not if the directory was removed or replaced. Where that
 * cannot be found out it is taken to be.
 */
bool lock_in_place(int fd, const char *directory);

/* The process that holds the lock, 0: none, -1 with errno. Not for the holder itself: see lock_take. */
pid_t lock_holder(const char *directory);

#endif
