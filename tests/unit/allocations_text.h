/*
 * Allocations that fail when a test says so, of texts that grow too. For a program that is linked with --wrap of
 * realloc, strndup and open_memstream as well; one file of it includes this.
 */
#ifndef EXACHECK_TESTS_ALLOCATIONS_TEXT_H
#define EXACHECK_TESTS_ALLOCATIONS_TEXT_H

#include <stdio.h>

#include "allocations.h"

void *__real_realloc(void *, size_t);
void *__wrap_realloc(void *, size_t);
char *__real_strndup(const char *, size_t);
char *__wrap_strndup(const char *, size_t);
FILE *__real_open_memstream(char **, size_t *);
FILE *__wrap_open_memstream(char **, size_t *);

void *
__wrap_realloc(void *memory, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(memory, size);
}

char *
__wrap_strndup(const char *text, size_t length)
{
	return allocation_fails() ? NULL : __real_strndup(text, length);
}

FILE *
__wrap_open_memstream(char **text, size_t *length)
{
	return allocation_fails() ? NULL : __real_open_memstream(text, length);
}

#endif
