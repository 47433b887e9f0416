/*
 * What an import says of its input, for tests.
 */
#ifndef EXACHECK_TESTS_NOTES_H
#define EXACHECK_TESTS_NOTES_H

#include <check.h>
#include <stdio.h>

#include "../../supervisor/import/importing.h"

/* The notes as they are printed; malloc'd. */
static inline char *
notes_text(const struct importing *importing)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(file);
	import_notes_print(importing, file);
	fclose(file);
	return text;
}

#endif
