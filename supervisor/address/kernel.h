/*
 * Asking the kernel: which addresses there are, which interface has a name, to add or remove an address; and hearing
 * that something has changed. Answers of rtnetlink come at once; one that does not ends in ETIMEDOUT.
 */
#ifndef EXACHECK_ADDRESS_KERNEL_H
#define EXACHECK_ADDRESS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "../../common/netlink.h"

struct kernel;

/* Opens its sockets, for which nothing is needed later but to use them. NULL with errno. */
struct kernel *kernel_open(void);

/* All addresses, malloc'd. False with errno. */
bool kernel_addresses(struct kernel *, struct netlink_address **, size_t *count);

/* The number of the interface of this name, and whether it is up; 0: there is none; -1 with errno. */
int kernel_link(struct kernel *, const char *name, bool *up);

/* Add, or remove. Returns 0 or an errno. */
int kernel_change(struct kernel *, bool add, const struct netlink_address *);

/* Readable when addresses or interfaces have changed, until kernel_heard. */
int kernel_watch(const struct kernel *);
void kernel_heard(struct kernel *);

#endif
