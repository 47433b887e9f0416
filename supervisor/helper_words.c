/*
 * Words of helpers. Touches the log. Invariant: what is logged of them is printable, and not too much.
 */
#include "helper_words.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/monotime.h"

#define BURST 20
#define A_SECOND 1
#define READS 16 /* in one turn of the loop */

void
helper_words_begin(struct helper_words *words)
{
	words->length = 0;
	ratelimit_init(&words->rate, BURST, A_SECOND);
}

/* False: these are no words of its. */
static bool
word_heard(struct helper_words *words, const char *word, const struct helper_listener *listener)
{
	static const struct {
		const char *kind;
		enum log_level level;
		bool named; /* its kind is said, too */
	} kinds[] = {
		{"ready: ", LOG_LEVEL_INFO, true},
		{"problem: ", LOG_LEVEL_ERROR, false},
		{"note: ", LOG_LEVEL_INFO, false},
	};

	for (const char *c = word; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct log_source source = {__FILE__, __LINE__, __func__, listener->subsystem};
		const struct log_about about = {.level = kinds[i].level};

		if (strncmp(word, kinds[i].kind, strlen(kinds[i].kind)) != 0)
			continue;
		if (!ratelimit_take(&words->rate, monotime_now()))
			return false;
		log_write(&source, &about, 0, "%s: %s", listener->name, kinds[i].named ? word : word + strlen(kinds[i].kind));
		return true;
	}
	return listener->hear != NULL && listener->hear(listener->context, word);
}

/* The whole lines of what has come by now. */
static bool
lines_hear(struct helper_words *words, const struct helper_listener *listener)
{
	char *newline;

	while ((newline = memchr(words->text, '\n', words->length)) != NULL) {
		size_t length = (size_t)(newline - words->text) + 1;

		*newline = '\0';
		if (strlen(words->text) != length - 1 || !word_heard(words, words->text, listener))
			return false;
		words->length -= length;
		memmove(words->text, newline + 1, words->length);
	}
	return words->length < sizeof(words->text);
}

enum helper_words_end
helper_words_read(struct helper_words *words, int fd, const struct helper_listener *listener)
{
	for (int i = 0; i < READS; i++) {
		ssize_t got = read(fd, words->text + words->length, sizeof(words->text) - words->length);

		if (got == -1 && (errno == EAGAIN || errno == EINTR))
			return HELPER_WORDS_NONE;
		if (got <= 0)
			return HELPER_WORDS_CLOSED;
		words->length += (size_t)got;
		if (!lines_hear(words, listener))
			return HELPER_WORDS_BAD;
	}
	return HELPER_WORDS_NONE;
}
