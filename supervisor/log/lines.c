/*
 * A queue of lines in one piece of memory, so that many go out by one write. Pure. Invariant: the ends are those of
 * the lines between begin and end, in order.
 */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 4096
#define FIRST_ENDS 64

size_t
lines_count(const struct lines *lines)
{
	return lines->count;
}

size_t
lines_size(const struct lines *lines)
{
	return lines->end - lines->begin;
}

const char *
lines_text(const struct lines *lines)
{
	return lines->text + lines->begin;
}

/* What was taken makes room at the begin. */
static void
lines_compact(struct lines *lines)
{
	if (lines->begin == 0)
		return;
	memmove(lines->text, lines->text + lines->begin, lines_size(lines));
	memmove(lines->ends, lines->ends + lines->first, lines->count * sizeof(lines->ends[0]));
	for (size_t i = 0; i < lines->count; i++)
		lines->ends[i] -= lines->begin;
	lines->end -= lines->begin;
	lines->begin = lines->first = 0;
}

/* Room for a line more. */
static bool
lines_reserve(struct lines *lines, size_t length)
{
	lines_compact(lines);
	if (lines->end + length > lines->room) {
		size_t room = lines->room * 2 > lines->end + length ? lines->room * 2 : lines->end + length + FIRST_BYTES;
		char *text = realloc(lines->text, room);

		if (text == NULL)
			return false;
		lines->text = text;
		lines->room = room;
	}
	if (lines->count == lines->ends_room) {
		size_t room = lines->ends_room * 2 + FIRST_ENDS;
		size_t *ends = reallocarray(lines->ends, room, sizeof(lines->ends[0]));

		if (ends == NULL)
			return false;
		lines->ends = ends;
		lines->ends_room = room;
	}
	return true;
}

bool
lines_add(struct lines *lines, const char *line)
{
	size_t length = strlen(line) + 1;

	if (length > lines->most || lines_size(lines) > lines->most - length)
		return false;
	if ((lines->end + length > lines->room || lines->first + lines->count == lines->ends_room) &&
	    !lines_reserve(lines, length))
		return false;
	memcpy(lines->text + lines->end, line, length - 1);
	lines->text[lines->end + length - 1] = '\n';
	lines->end += length;
	lines->ends[lines->first + lines->count++] = lines->end;
	return true;
}

size_t
lines_first(const struct lines *lines)
{
	return lines->ends[lines->first] - lines->begin;
}

size_t
lines_fit(const struct lines *lines, size_t bytes)
{
	size_t low = 0, high = lines->count; /* so many fit, and perhaps so many */

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (lines->ends[lines->first + middle - 1] - lines->begin <= bytes)
			low = middle;
		else
			high = middle - 1;
	}
	return low == 0 ? 0 : lines->ends[lines->first + low - 1] - lines->begin;
}

void
lines_take(struct lines *lines, size_t bytes)
{
	lines->begin += bytes;
	while (lines->count > 0 && lines->ends[lines->first] <= lines->begin) {
		lines->first++;
		lines->count--;
	}
	if (lines->count == 0)
		lines->begin = lines->end = lines->first = 0;
}

void
lines_free(struct lines *lines)
{
	free(lines->text);
	free(lines->ends);
	*lines = (struct lines){.most = lines->most};
}
