/*
 * Text for a terminal: how wide it is there, and how it fits. What comes from elsewhere is never trusted to be harmless.
 */
#ifndef EXACHECK_CTL_SCREEN_H
#define EXACHECK_CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Learn what the terminal is like: its locale, whether standard output is one, whether colours are wanted (NO_COLOR,
 * TERM). To be called once, first. Widths are right for UTF-8 whatever the locale is.
 */
void screen_begin(void);

/* Whether standard output is a terminal; whether colours are for it; its width, 0: no terminal, no limit. */
bool screen_is_terminal(void);
bool screen_has_colour(void);
size_t screen_width(void);

/*
 * Replace in place by '?' what would steer a terminal, or order the text otherwise: control characters, invalid UTF-8,
 * marks of writing direction; on a terminal without UTF-8 everything that is not ASCII.
 */
void screen_clean(char *text);

/* Columns that clean text takes. */
size_t screen_columns(const char *text);

/* Bytes of the longest beginning of text that takes at most so many columns. */
size_t screen_prefix(const char *text, size_t columns);

/* Clean text cut to so many columns, the last of them a mark that says so; a copy that the caller frees. */
char *screen_fit(const char *text, size_t columns);

/* Begin a new line after a "; " wherever the line would be wider than this; 0: there is no limit. */
void screen_fold(char *text, size_t columns);

#endif
