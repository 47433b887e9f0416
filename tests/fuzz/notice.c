/*
 * Lines to exacheck-notify. What is taken of them is printable and bounded, and the letters made of it are lines of
 * text and JSON that say how many there were.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/notify/bundle.h"
#include "../../supervisor/notify/digest.h"
#include "../../supervisor/notify/line.h"
#include "../../supervisor/notify/reports.h"
#include "../../supervisor/notify/summary.h"
#include "fuzz.h"

static const struct sender sender = {"node1", "0.1.0"};

static double
always(void)
{
	return 0;
}

static void
text_check(const char *text)
{
	if (text != NULL)
		fuzz_assert_utf8(text);
}

static void
notice_check(const struct notice *notice)
{
	const char *const texts[] = {notice->text, notice->subsystem, notice->check, notice->from, notice->to, notice->cause,
	    notice->attributes, notice->nexthop, notice->file, notice->function};

	FUZZ_ASSERT(notice->text != NULL && (notice->from == NULL) == (notice->to == NULL));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		text_check(texts[i]);
	FUZZ_ASSERT(notice->prefixes_held <= NOTICE_PREFIXES_MAX && (int64_t)notice->prefixes_held <= notice->prefix_count);
	for (size_t i = 0; i < notice->prefixes_held; i++)
		fuzz_assert_utf8(notice->prefixes[i]);
	FUZZ_ASSERT((unsigned)notice_kind(notice) < NOTICE_KINDS && notice->event != LOG_EVENT_USUAL);
}

static void
letter_check(const struct letter *letter, bool report)
{
	FUZZ_ASSERT(letter != NULL);
	fuzz_assert_utf8(letter->title);
	FUZZ_ASSERT(report == json_is_object(letter->data) && report != json_is_array(letter->data));
	FUZZ_ASSERT(report == (letter->summary == NULL));
}

/* All of them in one letter. */
static void
bundle_check(const struct bundle *bundle)
{
	const struct tally loss = {3, 1, bundle->all.to_us};
	struct letter *letter = summary_letter(bundle, &loss, &sender);

	letter_check(letter, false);
	FUZZ_ASSERT((uint64_t)json_integer_value(json_object_get(letter->summary, "events")) == bundle->all.events);
	FUZZ_ASSERT(json_array_size(letter->data) == bundle->listed_count);
	letter_free(letter);
}

/* Each in a report of its own. */
static void
reports_check(void *reports)
{
	const monotime_t now = {NS_PER_SECOND};
	const struct tally none = {0};
	struct tally part;

	while (reports_content.due(reports).ns != MONOTIME_NEVER.ns) {
		struct letter *letter = reports_content.letter(reports, &none, &part, now);

		letter_check(letter, true);
		FUZZ_ASSERT(part.events > 0);
		letter_free(letter);
	}
	FUZZ_ASSERT(reports_content.waiting(reports) == 0);
	reports_content.free(reports);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size, *newline;
	void *reports = reports_new(1, always, &sender);
	char error[NOTICE_ERROR_SIZE] = "";
	struct bundle bundle;
	struct line line;

	FUZZ_ASSERT(reports != NULL);
	bundle_init(&bundle);
	for (; text < end; text = newline + 1) {
		if ((newline = memchr(text, '\n', (size_t)(end - text))) == NULL)
			newline = end;
		if (!line_read(text, (size_t)(newline - text), &line, error)) {
			fuzz_assert_ascii(error, sizeof(error));
			FUZZ_ASSERT(error[0] != '\0');
			continue;
		}
		if (line.type == LINE_NOTICE) {
			notice_check(line.notice);
			bundle_add(&bundle, line.notice);
			reports_content.take(reports, line.notice, (monotime_t){0});
			notice_release(line.notice);
		} else if (line.type == LINE_LOST) {
			bundle_lost(&bundle, line.count);
		}
		free(line.target);
	}
	if (!bundle_is_empty(&bundle))
		bundle_check(&bundle);
	bundle_clear(&bundle);
	reports_check(reports);
	return 0;
}
