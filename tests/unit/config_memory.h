/*
 * A configuration without findings, whatever allocation fails: there is a finding and no configuration, or it is what it
 * always is.
 */
#ifndef EXACHECK_TESTS_CONFIG_MEMORY_H
#define EXACHECK_TESTS_CONFIG_MEMORY_H

#include "allocations.h"
#include "configs.h"

/* size: of the text with its NUL. */
static inline void
config_without_memory(const char *text, size_t size)
{
	char *expected = NULL, *printed;
	bool failed = true;

	for (int number = -1; failed; number += number < 0 ? 1 : unit_stride(5)) { /* the first one is whole */
		struct diagnostics *diagnostics = diagnostics_new("c");
		struct config *config;

		ck_assert_ptr_nonnull(diagnostics);
		allocations = number;
		config = config_parse("c", text, size - 1, diagnostics);
		failed = allocations < 0;
		allocations = -1;
		ck_assert_int_eq(config == NULL, diagnostics_count(diagnostics, SEVERITY_ERROR) > 0);
		ck_assert(config != NULL || (failed && number >= 0));
		if (config != NULL) {
			printed = config_text(config);
			if (expected == NULL)
				ck_assert_ptr_nonnull(expected = strdup(printed));
			ck_assert_str_eq(printed, expected);
			free(printed);
		}
		config_free(config);
		diagnostics_free(diagnostics);
	}
	free(expected);
}

#endif
