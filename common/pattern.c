/*
 * Response patterns on PCRE2, without its just-in-time compiler (a sandbox has no executable memory).
 * Touches memory only. Invariant: the work of one match is bounded, whatever the pattern and the subject.
 *
 * A subject that is valid UTF-8 is matched as text, with Unicode's idea of \d, \w and \s as in Python
 * (ASCII's after (?a)). Any other subject is matched as bytes, where \xE9 is that byte and \w is ASCII;
 * a pattern with characters beyond one byte is then matched on the valid stretches of the subject.
 */
#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdint.h>
#include <stdlib.h>

#include "monotime.h"
#include "option_error.h"
#include "pattern_translate.h"

/*
 * The bounds. PCRE2's own match limit holds for each position that a search starts from and does not
 * see the length of simple repeats; so a callout before every item of the pattern adds up the work of
 * the whole search. These are counts, so that the verdict does not depend on how busy the machine is.
 * What goes on between two callouts is not seen (\1 compares, a{60000} counts); for that alone there is
 * a bound on processor time, far beyond what the counts allow.
 */
#define BACKTRACKS_MAX 2000000
#define WORK_MAX 16000000
#define WORK_BYTES 32 /* bytes passed by a repeat that weigh as much as one callout */
#define CPU_MAX_NS (1000 * NS_PER_MILLISECOND)
#define CPU_LOOK 256 /* callouts between two looks at the clock */
#define HEAP_MAX_KIB 65536 /* backtracking memory; given back after each match */

struct pattern {
	pcre2_code *text;  /* for subjects in valid UTF-8 */
	pcre2_code *bytes; /* for any other */
	pcre2_match_context *context;
};

struct work {
	size_t position;
	uint64_t units;
	uint64_t callouts;
	int64_t cpu_end_ns;
};

/* Processor time of this thread. */
static int64_t
cpu_now_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0)
		return -1;
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static int
count_work(pcre2_callout_block *block, void *data)
{
	struct work *work = data;
	size_t position = block->current_position;
	size_t moved = position > work->position ? position - work->position : work->position - position;

	work->position = position;
	work->units += 1 + moved / WORK_BYTES;
	if (work->units > WORK_MAX)
		return PCRE2_ERROR_CALLOUT;
	if (++work->callouts % CPU_LOOK == 0 && cpu_now_ns() > work->cpu_end_ns)
		return PCRE2_ERROR_CALLOUT;
	return 0;
}

static void
explain(const struct translation *translation, int code, size_t offset, char *error)
{
	PCRE2_UCHAR reason[128];

	if (pcre2_get_error_message(code, reason, sizeof(reason)) < 0)
		reason[0] = '\0';
	if (offset > translation->length)
		offset = translation->length;
	option_error(error, "at character %zu: %s", (size_t)translation->origin[offset] + 1, (const char *)reason);
}

static pcre2_code *
compile(const struct translation *translation, uint32_t options, char *error)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code = NULL;
	PCRE2_SIZE offset = 0;
	int reason = 0;

	if (context == NULL) {
		option_error(error, "out of memory");
		return NULL;
	}
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	code = pcre2_compile((PCRE2_SPTR)translation->text, translation->length,
	    translation->options | options | PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C | PCRE2_ALT_CIRCUMFLEX,
	    &reason, &offset, context);
	pcre2_compile_context_free(context);
	if (code == NULL)
		explain(translation, reason, offset, error);
	return code;
}

static bool
pattern_build(struct pattern *pattern, const struct translation *translation, char *error)
{
	uint32_t text = PCRE2_UTF | (translation->ascii_only ? 0 : PCRE2_UCP);

	pattern->text = compile(translation, text, error);
	if (pattern->text == NULL)
		return false;
	pattern->bytes = compile(translation, translation->bytes ? 0 : text | PCRE2_MATCH_INVALID_UTF, error);
	if (pattern->bytes == NULL)
		return false;
	pattern->context = pcre2_match_context_create(NULL);
	if (pattern->context == NULL)
		return option_error(error, "out of memory");
	pcre2_set_match_limit(pattern->context, BACKTRACKS_MAX);
	pcre2_set_heap_limit(pattern->context, HEAP_MAX_KIB);
	return true;
}

struct pattern *
pattern_compile(const char *text, char *error)
{
	struct pattern *pattern = calloc(1, sizeof(*pattern));
	struct translation translation;

	if (pattern == NULL) {
		option_error(error, "out of memory");
		return NULL;
	}
	if (!pattern_translate(text, &translation, error)) {
		free(pattern);
		return NULL;
	}
	if (!pattern_build(pattern, &translation, error)) {
		pattern_free(pattern);
		pattern = NULL;
	}
	translation_free(&translation);
	return pattern;
}

bool
pattern_check(const char *text, char *error)
{
	struct pattern *pattern = pattern_compile(text, error);
	bool valid = pattern != NULL;

	pattern_free(pattern);
	return valid;
}

void
pattern_free(struct pattern *pattern)
{
	if (pattern == NULL)
		return;
	pcre2_code_free(pattern->text);
	pcre2_code_free(pattern->bytes);
	pcre2_match_context_free(pattern->context);
	free(pattern);
}

static bool
is_encoding_error(int status)
{
	return status <= PCRE2_ERROR_UTF8_ERR1 && status >= PCRE2_ERROR_UTF8_ERR21;
}

/* Every other error is one of the bounds, or memory that was not to be had: neither is a mismatch. */
enum pattern_match
pattern_match(struct pattern *pattern, const char *subject, size_t length, bool anchored)
{
	uint32_t options = anchored ? PCRE2_ANCHORED : 0;
	struct work work = {.cpu_end_ns = cpu_now_ns() + CPU_MAX_NS};
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int status;

	if (data == NULL)
		return PATTERN_LIMIT;
	pcre2_set_callout(pattern->context, count_work, &work);
	status = pcre2_match(pattern->text, (PCRE2_SPTR)subject, length, 0, options, data, pattern->context);
	if (is_encoding_error(status))
		status = pcre2_match(pattern->bytes, (PCRE2_SPTR)subject, length, 0, options, data, pattern->context);
	pcre2_match_data_free(data);
	if (status >= 0)
		return PATTERN_MATCH;
	return status == PCRE2_ERROR_NOMATCH ? PATTERN_NO_MATCH : PATTERN_LIMIT;
}
