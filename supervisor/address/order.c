/*
 * Reading orders. Pure. Invariant: names fit where the kernel wants them, and nothing is wanted twice.
 */
#include "order.h"

#include <bsd/string.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static bool
name_take(char name[static IFNAMSIZ], const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && strlcpy(name, text, IFNAMSIZ) < IFNAMSIZ;
}

static bool
wanted_read(struct set_wanted *wanted, const json_t *item)
{
	const char *address = json_string_value(json_array_get(item, 1));
	const json_t *held = json_array_get(item, 3);

	*wanted = (struct set_wanted){.held = json_is_true(held)};
	return name_take(wanted->interface, json_array_get(item, 0)) && wanted->interface[0] != '\0' && address != NULL &&
	    address_parse(address, &wanted->address) && wanted->address.scope_id == 0 &&
	    name_take(wanted->label, json_array_get(item, 2)) && json_is_boolean(held);
}

static bool
addresses_read(struct order *order, const json_t *list)
{
	if (!json_is_array(list) || (order->wanted = calloc(json_array_size(list) + 1, sizeof(*order->wanted))) == NULL)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!wanted_read(&order->wanted[order->count++], json_array_get(list, i)))
			return false;
	qsort(order->wanted, order->count, sizeof(*order->wanted), set_order);
	for (size_t i = 1; i < order->count; i++)
		if (set_order(&order->wanted[i - 1], &order->wanted[i]) == 0)
			return false;
	return true;
}

void
order_read(struct order *order, const char *line, size_t length)
{
	json_t *map = json_loadb(line, length, 0, NULL);
	const char *type = json_string_value(json_object_get(map, "type"));

	*order = (struct order){.type = ORDER_BAD};
	if (type != NULL && strcmp(type, "bye") == 0)
		order->type = ORDER_BYE;
	else if (type != NULL && strcmp(type, "want") == 0 && addresses_read(order, json_object_get(map, "addresses")))
		order->type = ORDER_WANT;
	json_decref(map);
}

void
order_clear(struct order *order)
{
	free(order->wanted);
	*order = (struct order){.type = ORDER_BAD};
}
