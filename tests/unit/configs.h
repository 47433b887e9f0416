/*
 * Helpers of the unit tests that look at configurations.
 */
#ifndef EXACHECK_TESTS_CONFIGS_H
#define EXACHECK_TESTS_CONFIGS_H

#include <string.h>

#include "../../supervisor/config.h"
#include "findings.h"
#include "unit.h"

/* A check that is right but for what follows. */
#define WEB "checks:\n- name: web\n  prefixes: 192.0.2.1\n  args: {method: tcp, host: 127.0.0.1, port: 80}\n"

static inline struct config *
parse(const char *text, char **findings)
{
	struct diagnostics *diagnostics = diagnostics_new("c.yaml");
	struct config *config;

	ck_assert_ptr_nonnull(diagnostics);
	config = config_parse("c.yaml", text, strlen(text), diagnostics);
	*findings = findings_text(diagnostics);
	ck_assert_int_eq(config == NULL, diagnostics_count(diagnostics, SEVERITY_ERROR) > 0);
	diagnostics_free(diagnostics);
	return config;
}

/* A configuration without any finding. */
static inline struct config *
parse_clean(const char *text)
{
	char *findings;
	struct config *config = parse(text, &findings);

	ck_assert_str_eq(findings, "");
	ck_assert_ptr_nonnull(config);
	free(findings);
	return config;
}

/* There is a configuration, with these findings and no others. */
static inline void
assert_warned(const char *text, const char *expected)
{
	char *findings;
	struct config *config = parse(text, &findings);

	ck_assert_msg(config != NULL, "%s", findings);
	ck_assert_str_eq(findings, expected);
	config_free(config);
	free(findings);
}

/* What config_print prints; malloc'd. */
static inline char *
config_text(const struct config *config)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(file);
	config_print(config, file);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

/*
 * Parse a text (size: with its NUL) cut at every byte, and with every byte replaced: an error or a configuration. Where
 * everything takes long, at some bytes only.
 */
static inline void
mutate(const char *text, size_t size)
{
	static const char bytes[] = "\n :-[{\"~9";
	size_t step = (size_t)unit_stride(11);
	char *copy = malloc(size);

	ck_assert_ptr_nonnull(copy);
	for (size_t i = 0; i < size - 1; i += step)
		for (size_t j = 0; j < sizeof(bytes); j++) {
			struct diagnostics *diagnostics = diagnostics_new("c");
			struct config *config;

			memcpy(copy, text, size);
			copy[i] = bytes[j];
			config = config_parse("c", copy, bytes[j] == '\0' ? i : size - 1, diagnostics);
			ck_assert_int_eq(config == NULL, diagnostics_count(diagnostics, SEVERITY_ERROR) > 0);
			config_free(config);
			diagnostics_free(diagnostics);
		}
	free(copy);
}

#endif
