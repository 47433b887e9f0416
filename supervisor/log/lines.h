/*
 * Lines that are yet to be written: whole ones, in order, up to a bound.
 */
#ifndef EXACHECK_LOG_LINES_H
#define EXACHECK_LOG_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
	size_t most;  /* bytes */
	char *text;   /* the bytes of all lines, one after the other, each with its newline */
	size_t begin, end, room; /* of the text: what is not taken yet, and what is allocated */
	size_t *ends; /* of the lines, in the text */
	size_t first, count, ends_room;
};

#define LINES_OF(MOST) {.most = (MOST)}

/*
 * Add a line, which may have newlines of its own but gets the last one here. False: no room, or no memory: nothing
 * is added.
 */
bool lines_add(struct lines *, const char *line);

/* How many there are, and how many bytes. */
size_t lines_count(const struct lines *);
size_t lines_size(const struct lines *);

/* The first lines that together are at most so many bytes long: their bytes, perhaps 0. */
size_t lines_fit(const struct lines *, size_t bytes);
/* The bytes of the first line; there is one. */
size_t lines_first(const struct lines *);
/* The bytes of all that are not taken. */
const char *lines_text(const struct lines *);

/* The first bytes have been written: whole lines, or the begin of one, of which the rest is one line then. */
void lines_take(struct lines *, size_t bytes);

void lines_free(struct lines *);

#endif
