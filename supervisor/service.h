/*
 * What systemd is told about the running exacheck: the protocol of sd_notify(3), without its library. Without
 * a service manager every function here does nothing.
 */
#ifndef EXACHECK_SERVICE_H
#define EXACHECK_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;

/*
 * Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and take them out of the environment, so that no child has
 * them. Before any child is made.
 */
void service_init(void);

/*
 * Say READY=1 in the loop's first turn; from then on WATCHDOG=1 twice in the time that the service manager
 * waits for it, and STATUS= at most once a second, when it is not what was said. describe: writes the status, one
 * line. False: out of memory or descriptors.
 */
bool service_start(struct event_base *, void (*describe)(void *context, char *text, size_t size), void *context);
void service_stop(void);

/* A reload begins; it is over, whether or not anything was applied. */
void service_reloading(void);
void service_ready(void);

/* The end begins, and may take this long. */
void service_stopping(int64_t limit_ns);

#endif
