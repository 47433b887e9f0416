/*
 * The colours of a format as loguru writes them, "<green>{time}</green>": a file has none, they are taken out. Tags that
 * loguru would refuse are refused.
 */
#ifndef EXACHECK_LOG_MARKUP_H
#define EXACHECK_LOG_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "log_format.h"

#define LOG_MARKUP_DEPTH_MAX 32
#define LOG_MARKUP_TAG_SIZE 32

/* The tags that are open; zero: none. */
struct log_markup {
	size_t depth;
	char open[LOG_MARKUP_DEPTH_MAX][LOG_MARKUP_TAG_SIZE];
};

/*
 * Take the tags out of a piece of text, in place; a backslash before one leaves it there. False with a reason that follows
 * "formatter: ".
 */
bool log_markup_strip(struct log_markup *, char *text, char error[static LOG_FORMAT_ERROR_SIZE]);

/* That was the last piece: every tag must have been closed. */
bool log_markup_end(const struct log_markup *, char error[static LOG_FORMAT_ERROR_SIZE]);

#endif
