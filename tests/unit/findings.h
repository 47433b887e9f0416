/*
 * Helpers of the unit tests that look at findings.
 */
#ifndef EXACHECK_TESTS_FINDINGS_H
#define EXACHECK_TESTS_FINDINGS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../supervisor/diagnostic.h"

/* All findings as diagnostics_print prints them; malloc'd. */
static inline char *
findings_text(struct diagnostics *diagnostics)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(file);
	diagnostics_print(diagnostics, file);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

#endif
