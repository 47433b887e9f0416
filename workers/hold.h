/*
 * Connections that are held idle so that their end is noticed. What the other end sends is thrown away.
 */
#ifndef EXACHECK_HOLD_H
#define EXACHECK_HOLD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* Take over a connection that an execution made; held when the execution passes. Closes it when there is no room. */
void hold_offer(int fd);

/* The execution ended. passed: what it offered takes the place of what was held; otherwise it is closed. */
void hold_settle(bool passed);

/* As struct method_lookout has it. */
size_t hold_descriptors(struct pollfd *);
bool hold_changed(const struct pollfd *, size_t count);
void hold_release(void);

#endif
