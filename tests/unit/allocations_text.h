/*
 * Allocations that fail when a test says so, of texts that grow too. For a program that is linked with --wrap of
 * realloc, strndup, open_memstream and fclose as well; one file of it includes this.
 */
#ifndef EXACHECK_TESTS_ALLOCATIONS_TEXT_H
#define EXACHECK_TESTS_ALLOCATIONS_TEXT_H

#include <stdio.h>
#include <stdlib.h>

#include "allocations.h"

void *__real_realloc(void *, size_t);
void *__wrap_realloc(void *, size_t);
char *__real_strndup(const char *, size_t);
char *__wrap_strndup(const char *, size_t);
FILE *__real_open_memstream(char **, size_t *);
FILE *__wrap_open_memstream(char **, size_t *);
int __real_fclose(FILE *);
int __wrap_fclose(FILE *);

static struct {
	FILE *file;
	char **text;
} allocations_stream; /* in memory, the last one */

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
	if (allocation_fails())
		return NULL;
	allocations_stream.text = text;
	return allocations_stream.file = __real_open_memstream(text, length);
}

/* glibc's fclose makes the text as long as it is: when that fails there is none, and it says nothing. */
int
__wrap_fclose(FILE *file)
{
	bool ours = file == allocations_stream.file, lost = ours && allocation_fails();
	int closed = __real_fclose(file);

	if (ours)
		allocations_stream.file = NULL;
	if (lost) {
		free(*allocations_stream.text);
		*allocations_stream.text = NULL;
	}
	return closed;
}

#endif
