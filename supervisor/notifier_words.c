/*
 * exacheck-notify's words. Pure. Invariant: what is not exactly such a word is none.
 */
#include "notifier_words.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Go on after these words. False: they are not there. */
static bool
words_skip(const char **word, const char *words)
{
	size_t length = strlen(words);

	if (strncmp(*word, words, length) != 0)
		return false;
	*word += length;
	return true;
}

/* A number up to a limit, and go on after it. False: there is none. */
static bool
number_read(const char **word, uint64_t limit, uint64_t *number)
{
	char *end;

	if (**word < '0' || **word > '9')
		return false;
	errno = 0;
	*number = strtoumax(*word, &end, 10);
	*word = end;
	return errno == 0 && *number <= limit;
}

bool
notifier_word_outcome(const char *word, struct notifier_outcome *outcome)
{
	uint64_t id, target;

	if (!words_skip(&word, "test: ") || !number_read(&word, UINT32_MAX, &id) || !words_skip(&word, " ") ||
	    !number_read(&word, SIZE_MAX - 1, &target) || !words_skip(&word, " "))
		return false;
	*outcome = (struct notifier_outcome){(uint32_t)id, (size_t)target, strcmp(word, "ok") == 0, ""};
	if (outcome->ok)
		return true;
	outcome->text = word + strlen("failed: ");
	return words_skip(&word, "failed: ");
}

bool
notifier_word_figures(const char *word, uint64_t results[static NOTIFIER_RESULTS])
{
	if (!words_skip(&word, "figures:"))
		return false;
	for (size_t i = 0; i < NOTIFIER_RESULTS; i++)
		if (!words_skip(&word, " ") || !number_read(&word, INT64_MAX, &results[i]))
			return false;
	return *word == '\0';
}
