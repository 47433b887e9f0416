/*
 * What exacheck-address is told: all addresses that are wanted, each time. Pure.
 */
#ifndef EXACHECK_ADDRESS_ORDER_H
#define EXACHECK_ADDRESS_ORDER_H

#include "set.h"

enum order_type {
	ORDER_BAD,
	ORDER_WANT, /* {"type":"want","addresses":[[INTERFACE, ADDRESS, LABEL, HELD], ...]} */
	ORDER_BYE,
};

struct order {
	enum order_type type;
	struct set_wanted *wanted; /* sorted by set_order, without duplicates; owned */
	size_t count;
};

/* A line. ORDER_BAD: it makes no sense, or there is no memory for it. */
void order_read(struct order *, const char *line, size_t length);
void order_clear(struct order *);

#endif
