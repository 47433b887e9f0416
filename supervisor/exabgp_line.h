/*
 * Lines from ExaBGP: put together from pieces of any size, and told apart.
 */
#ifndef EXACHECK_EXABGP_LINE_H
#define EXACHECK_EXABGP_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define EXABGP_INPUT_LINE_MAX 65536 /* with its newline; longer lines are dropped */

struct line_reader {
	size_t length;
	bool overlong;
	char line[EXABGP_INPUT_LINE_MAX];
};

/*
 * Take bytes up to and with the next newline; *data and *length move on behind them. Returns the complete line
 * without newline (valid until the next call), or NULL when more bytes are needed or the line was dropped.
 */
const char *line_reader_next(struct line_reader *, const char **data, size_t *length);

enum line_kind {
	LINE_OTHER, /* events, content of answers */
	LINE_DONE,
	LINE_ERROR,
	LINE_ERROR_TEXT, /* "error: text"; an "error" usually follows and belongs to it */
	LINE_SHUTDOWN,
	LINE_NEIGHBOR_UP, /* a BGP session came up */
	LINE_VERSION_V4, /* "exabgp 4.2.21": takes commands of version 4 */
	LINE_VERSION_V6, /* JSON with the version: takes commands of version 6 */
};

/* text, length: of an error or a version; not NUL-terminated. */
enum line_kind line_kind(const char *line, const char **text, size_t *length);

#endif
