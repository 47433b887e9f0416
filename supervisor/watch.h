/*
 * Notices that a file has changed, however its path leads to it: written in place, replaced by rename, behind symbolic
 * links of which one is replaced, in a directory that is deleted and made again.
 */
#ifndef EXACHECK_WATCH_H
#define EXACHECK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct watch;

/*
 * changed: called from the loop once the file has been left alone for a moment; whoever reads it then sees all of the
 * change. path (copied) need not exist. Nothing is watched before watch_set. NULL: out of memory.
 */
struct watch *watch_new(struct event_base *, const char *path, void (*changed)(void *context), void *context);
void watch_free(struct watch *);

/*
 * Watch, or no longer. interval_ns: how often to look where the kernel does not tell. The file as it is at the first
 * call is what changes are told against, and so told as changed once.
 */
void watch_set(struct watch *, bool active, int64_t interval_ns);

/* The file is about to be read: what it is now is no change any more. */
void watch_read(struct watch *);

#endif
