/*
 * What exacheck-notify says beyond what every helper may. Pure; nothing of it is believed that is not checked here.
 */
#ifndef EXACHECK_NOTIFIER_WORDS_H
#define EXACHECK_NOTIFIER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notifier.h"

/* What became of the message to a target that a test sent. */
struct notifier_outcome {
	uint32_t id;
	size_t target;
	bool ok;
	const char *text; /* in the word; "" if it is ok */
};

/* "test: 7 0 ok", "test: 7 1 failed: no answer within 30 s". False: it is no such word. */
bool notifier_word_outcome(const char *word, struct notifier_outcome *);

/* "figures: 12 3 1", in the order of enum notifier_result, since the process began. False: it is no such word. */
bool notifier_word_figures(const char *word, uint64_t results[static NOTIFIER_RESULTS]);

#endif
