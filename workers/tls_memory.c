/*
 * A small allocator under OpenSSL's, for the spawner's preload only. Invariant: once closed, it takes and gives
 * nothing; what it gave out lives as long as the process, and all else is the C library's.
 */
#include "tls_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REGION_SIZE (512 * 1024) /* three times what OpenSSL 3.0 takes; beyond it, the heap serves */
#define STEP alignof(max_align_t)
#define OBJECT_MAX 1024 /* bytes; larger ones hold data, not counts */

/* What stands before every object of the region. */
struct object {
	alignas(max_align_t) size_t steps;
	struct object *next; /* while free */
};

/*
 * The source files whose objects have a reference count or a lock, or are written by each random number. A name
 * that other versions do not know costs pages, nothing else.
 */
static const char *const written[] = {"/evp/", "/decoder_", "/provider_core", "/threads_", "/rands/", "/ciphers/",
    "/err/"};

static alignas(4096) char region[REGION_SIZE];
static size_t region_used;
static struct object *freed[OBJECT_MAX / STEP + 1]; /* by steps */
static bool open_now;

static bool
file_written(const char *file)
{
	for (size_t i = 0; file != NULL && i < sizeof(written) / sizeof(written[0]); i++)
		if (strstr(file, written[i]) != NULL)
			return true;
	return false;
}

static bool
in_region(const void *data)
{
	return (uintptr_t)data - (uintptr_t)region < sizeof(region);
}

static void *
region_take(size_t size)
{
	size_t steps = (size + STEP - 1) / STEP, length = sizeof(struct object) + steps * STEP;
	struct object *object = freed[steps];

	if (object != NULL) {
		freed[steps] = object->next;
		return object + 1;
	}
	if (length > sizeof(region) - region_used)
		return NULL;
	object = (struct object *)(void *)(region + region_used);
	region_used += length;
	object->steps = steps;
	return object + 1;
}

static void *
memory_take(size_t size, const char *file, int line)
{
	void *data = NULL;

	(void)line;
	if (size == 0)
		return NULL; /* as OpenSSL's own does */
	if (open_now && size <= OBJECT_MAX && file_written(file))
		data = region_take(size);
	return data != NULL ? data : malloc(size);
}

static void
memory_give(void *data, const char *file, int line)
{
	struct object *object;

	(void)file;
	(void)line;
	if (!in_region(data)) {
		free(data);
	} else if (open_now) {
		object = (struct object *)data - 1;
		object->next = freed[object->steps];
		freed[object->steps] = object;
	}
}

static void *
memory_resize(void *data, size_t size, const char *file, int line)
{
	size_t before;
	void *moved;

	if (size == 0) {
		memory_give(data, file, line);
		return NULL;
	}
	if (!in_region(data))
		return realloc(data, size);
	before = ((struct object *)data - 1)->steps * STEP;
	if (size <= before)
		return data;
	if ((moved = malloc(size)) == NULL)
		return NULL;
	memcpy(moved, data, before);
	memory_give(data, file, line);
	return moved;
}

void
tls_memory_open(void)
{
	open_now = CRYPTO_set_mem_functions(memory_take, memory_resize, memory_give) == 1;
}

void
tls_memory_close(void)
{
	open_now = false;
}

/*
 * From large pieces to small: a size is used up when its next piece is cut from the top of the heap. In all no
 * more than what the heap holds, so that it ends also where another allocator leaves these figures at zero.
 */
void
tls_memory_fill(void)
{
	size_t left = mallinfo2().arena, size = 64 * 1024;

	while (size >= STEP && left >= size) {
		size_t top = mallinfo2().keepcost;
		void *volatile piece = malloc(size); /* volatile: else the compiler leaves it out */

		if (piece == NULL)
			break;
		if (mallinfo2().keepcost == top) {
			left -= size;
			continue;
		}
		free(piece);
		size = size > OBJECT_MAX ? size / 2 : size - STEP;
	}
	malloc_trim(0);
}
