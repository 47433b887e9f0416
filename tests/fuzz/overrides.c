/*
 * The file of overrides, line by line. What is taken of it is printable and bounded, has dates, and is taken again from
 * what an upgrade hands over.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/utf8.h"
#include "../../supervisor/overrides_file.h"
#include "fuzz.h"

static void
line_is_text(const char *text, size_t max)
{
	char *copy = strdup(text);

	FUZZ_ASSERT(copy != NULL && strlen(text) <= max);
	utf8_sanitise(copy);
	FUZZ_ASSERT(strcmp(copy, text) == 0);
	free(copy);
}

static void
hands_over(const struct override *override)
{
	char error[STATE_ERROR_SIZE] = "";
	json_t *map = override_save(override);
	struct override loaded;

	FUZZ_ASSERT(map != NULL && override_load(&loaded, map, error));
	FUZZ_ASSERT(loaded.kind == override->kind && loaded.until.ns == override->until.ns &&
	    strcmp(loaded.by, override->by) == 0 && (loaded.reason == NULL) == (override->reason == NULL));
	override_clear(&loaded);
	json_decref(map);
}

static void
line_take(const char *line, size_t length)
{
	char error[STATE_ERROR_SIZE] = "", text[OVERRIDE_TEXT_SIZE], *name;
	struct override override;

	if (!overrides_decode(line, length, &name, &override, error)) {
		FUZZ_ASSERT(error[0] != '\0' && name == NULL && override.kind == OVERRIDE_NONE && override.by == NULL);
		return;
	}
	FUZZ_ASSERT(override.kind == OVERRIDE_DISABLE || override.kind == OVERRIDE_DRAIN);
	line_is_text(override.by, OVERRIDE_BY_MAX);
	if (override.reason != NULL)
		line_is_text(override.reason, OVERRIDE_REASON_MAX);
	FUZZ_ASSERT(strlen(override_describe(&override, text)) < sizeof(text) - 1);
	hands_over(&override);
	override_clear(&override);
	free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *newline;
	size_t count;

	for (; text < end; text = newline + 1) {
		if ((newline = memchr(text, '\n', (size_t)(end - text))) == NULL)
			newline = end;
		if (!overrides_decode_head(text, (size_t)(newline - text), &count))
			FUZZ_ASSERT(count == 0);
		line_take(text, (size_t)(newline - text));
	}
	return 0;
}
