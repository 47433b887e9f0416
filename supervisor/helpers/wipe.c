/*
 * Wiping. Invariant: what is freed here, or moved, holds nothing of what it held.
 */
#include "wipe.h"

#include <event2/event.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void
wipe_free(void *data)
{
	if (data != NULL)
		explicit_bzero(data, malloc_usable_size(data));
	free(data);
}

static void *
wipe_realloc(void *data, size_t size)
{
	size_t before = data != NULL ? malloc_usable_size(data) : 0;
	void *moved;

	if (size <= before && size > 0)
		return data;
	if ((moved = malloc(size)) == NULL)
		return NULL;
	if (before > 0)
		memcpy(moved, data, before < size ? before : size);
	wipe_free(data);
	return moved;
}

void
wipe_libraries(void)
{
	json_set_alloc_funcs(malloc, wipe_free);
	event_set_mem_functions(malloc, wipe_realloc, wipe_free);
}
