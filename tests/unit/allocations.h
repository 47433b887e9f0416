/*
 * Allocations that fail when a test says so. For a program that is linked with --wrap of malloc, calloc,
 * reallocarray and strdup; one file of it includes this.
 */
#ifndef EXACHECK_TESTS_ALLOCATIONS_H
#define EXACHECK_TESTS_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

static int allocations = -1; /* that succeed before one fails; negative: all of them */

static bool
allocation_fails(void)
{
	return allocations >= 0 && allocations-- == 0;
}

/* The linker puts these in the place of the C library's. */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_reallocarray(void *, size_t, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
char *__wrap_strdup(const char *);

void *
__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_reallocarray(memory, count, size);
}

char *
__wrap_strdup(const char *text)
{
	return allocation_fails() ? NULL : __real_strdup(text);
}

#endif
