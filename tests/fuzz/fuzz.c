/*
 * What the fuzz harnesses share. Touches memory and stderr.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/log.h"
#include "../../common/utf8.h"

void
fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

uint8_t
fuzz_byte(struct fuzz_input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->data++;
}

const uint8_t *
fuzz_bytes(struct fuzz_input *input, size_t most, size_t *length)
{
	const uint8_t *bytes = input->data;

	*length = most < input->left ? most : input->left;
	input->data += *length;
	input->left -= *length;
	return bytes;
}

char *
fuzz_text(struct fuzz_input *input)
{
	const uint8_t *end = input->left > 0 ? memchr(input->data, '\0', input->left) : NULL;
	size_t length = end != NULL ? (size_t)(end - input->data) : input->left;
	char *text = malloc(length + 1);

	FUZZ_ASSERT(text != NULL);
	if (length > 0)
		memcpy(text, input->data, length);
	text[length] = '\0';
	input->data += length;
	input->left -= length;
	fuzz_byte(input);
	return text;
}

uint8_t *
fuzz_copy(const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);

	FUZZ_ASSERT(copy != NULL);
	if (length > 0)
		memcpy(copy, data, length);
	return copy;
}

static void
sink(enum log_level level, const char *subject, const char *text)
{
	FUZZ_ASSERT((unsigned)level < LOG_LEVELS);
	FUZZ_ASSERT(strchr(text, '\n') == NULL);
	fuzz_assert_utf8(text);
	if (subject != NULL)
		fuzz_assert_utf8(subject);
}

void
fuzz_log_sink(void)
{
	log_set_level(LOG_LEVEL_TRACE);
	log_set_sink(sink);
}

void
fuzz_assert_ascii(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	FUZZ_ASSERT(length < size);
	for (size_t i = 0; i < length; i++)
		FUZZ_ASSERT(text[i] >= ' ' && text[i] <= '~');
}

void
fuzz_assert_utf8(const char *text)
{
	char *clean = strdup(text);

	FUZZ_ASSERT(clean != NULL);
	utf8_sanitise(clean);
	FUZZ_ASSERT(strcmp(clean, text) == 0);
	free(clean);
}

void
fuzz_assert_result(const struct result *result)
{
	FUZZ_ASSERT((unsigned)result->code < RESULT_CODES);
	FUZZ_ASSERT((unsigned)result->reason < REASON_LEASE);
	FUZZ_ASSERT((result->code == RESULT_PASS) == (result->reason == REASON_OK));
	fuzz_assert_ascii(result->text, sizeof(result->text));
	FUZZ_ASSERT(result->text[0] != '\0');
}
