/*
 * What ExaBGP's lines are. Pure. Invariant: memory is bounded whatever comes, and no part of a line that
 * was too long is ever taken for a line.
 */
#include "exabgp_line.h"

#include <string.h>

#define VERSION_KEY "\"version\": \""

const char *
line_reader_next(struct line_reader *reader, const char **data, size_t *length)
{
	const char *newline = memchr(*data, '\n', *length);
	size_t piece = newline != NULL ? (size_t)(newline - *data) : *length;
	bool complete;

	if (piece >= sizeof(reader->line) - reader->length)
		reader->overlong = true;
	if (!reader->overlong) {
		memcpy(reader->line + reader->length, *data, piece);
		reader->length += piece;
	}
	*data += piece;
	*length -= piece;
	if (newline == NULL)
		return NULL;
	++*data;
	--*length;
	complete = !reader->overlong;
	reader->line[reader->length] = '\0';
	reader->length = 0;
	reader->overlong = false;
	return complete ? reader->line : NULL;
}

/* Lines that are known whole, or by their beginning. */
static const struct {
	const char *text;
	bool whole;
	enum line_kind kind;
} known[] = {
    {"done", true, LINE_DONE},
    {"error", true, LINE_ERROR},
    {"error: ", false, LINE_ERROR_TEXT},
    {"shutdown", true, LINE_SHUTDOWN},
    {"shutdown ", false, LINE_SHUTDOWN},
    {"exabgp ", false, LINE_VERSION_V4},
};

/* With the JSON encoder, events and the version are maps. */
static enum line_kind
json_kind(const char *line, const char **text, size_t *length)
{
	const char *version = strstr(line, VERSION_KEY);

	if (strstr(line, "\"notification\": \"shutdown\"") != NULL)
		return LINE_SHUTDOWN;
	if (strstr(line, "\"type\": \"state\"") != NULL && strstr(line, "\"state\": \"up\"") != NULL)
		return LINE_NEIGHBOR_UP;
	if (version == NULL || strstr(line, "\"application\": \"exabgp\"") == NULL)
		return LINE_OTHER;
	*text = version + strlen(VERSION_KEY);
	*length = strcspn(*text, "\"");
	return LINE_VERSION_V6;
}

/* "neighbor ADDRESS up", from ExaBGP 6 perhaps "peer ADDRESS up". */
static bool
line_neighbor_up(const char *line)
{
	static const char *const words[] = {"neighbor ", "peer "};
	size_t length = strlen(line);

	if (length < 3 || strcmp(line + length - 3, " up") != 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(line, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

enum line_kind
line_kind(const char *line, const char **text, size_t *length)
{
	if (*line == '{')
		return json_kind(line, text, length);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].whole ? strcmp(line, known[i].text) == 0 :
				     strncmp(line, known[i].text, strlen(known[i].text)) == 0) {
			*text = line + strlen(known[i].text);
			*length = known[i].kind == LINE_VERSION_V4 ? strcspn(*text, " ") : strlen(*text);
			return known[i].kind;
		}
	return line_neighbor_up(line) ? LINE_NEIGHBOR_UP : LINE_OTHER;
}
