/*
 * Response patterns: a pattern, a NUL, the subject. Whatever the pattern: an error that says where, or a
 * translation of known shape; whatever the subject: a verdict in bounded time, and the same one again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/option.h"
#include "../../common/pattern.h"
#include "../../common/pattern_translate.h"
#include "fuzz.h"

/* The place that an error names lies in the pattern, or right behind it. */
static void
error_is_placed(const char *error, const char *pattern)
{
	size_t at;

	FUZZ_ASSERT(memchr(error, '\0', OPTION_ERROR_SIZE) != NULL && *error != '\0');
	if (sscanf(error, "at character %zu: ", &at) == 1)
		FUZZ_ASSERT(at >= 1 && at <= strlen(pattern) + 1);
}

static bool
translate(const char *pattern)
{
	char error[OPTION_ERROR_SIZE] = "";
	struct translation translation;

	if (!pattern_translate(pattern, &translation, error)) {
		error_is_placed(error, pattern);
		return false;
	}
	FUZZ_ASSERT(strlen(translation.text) == translation.length);
	for (size_t i = 0; i <= translation.length; i++) {
		FUZZ_ASSERT(translation.origin[i] <= strlen(pattern));
		FUZZ_ASSERT(i == 0 || translation.origin[i - 1] <= translation.origin[i]);
	}
	translation_free(&translation);
	return true;
}

/* Letters and digits alone mean themselves. */
static bool
is_literal(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
}

static void
match(struct pattern *pattern, const char *text, const char *subject, size_t length)
{
	enum pattern_match anchored = pattern_match(pattern, subject, length, true);
	enum pattern_match searched = pattern_match(pattern, subject, length, false);

	FUZZ_ASSERT(anchored != PATTERN_MATCH || searched == PATTERN_MATCH);
	if (is_literal(text))
		FUZZ_ASSERT((searched == PATTERN_MATCH) == (memmem(subject, length, text, strlen(text)) != NULL));
	/* A limit on processor time may hit at another moment. */
	if (anchored != PATTERN_LIMIT)
		FUZZ_ASSERT(pattern_match(pattern, subject, length, true) == anchored);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	char *text = fuzz_text(&input), error[OPTION_ERROR_SIZE] = "";
	char *subject = (char *)fuzz_copy(input.data, input.left);
	bool translated = translate(text);
	struct pattern *pattern = pattern_compile(text, error);

	FUZZ_ASSERT(pattern == NULL ? !is_literal(text) : translated);
	if (pattern == NULL)
		error_is_placed(error, text);
	else
		match(pattern, text, subject, input.left);
	pattern_free(pattern);
	free(subject);
	free(text);
	return 0;
}
