/*
 * Text on terminals. Touches the locale, once. Invariant: what was cleaned has no byte that a terminal acts upon.
 */
#include "screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "../../common/utf8.h"
#include "ctl.h"

static bool terminal, colour, ascii;

void
screen_begin(void)
{
	const char *kind = getenv("TERM"), *no_colour = getenv("NO_COLOR");

	setlocale(LC_ALL, "");
	terminal = isatty(STDOUT_FILENO) == 1;
	ascii = terminal && strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	colour = terminal && (no_colour == NULL || *no_colour == '\0') && kind != NULL && strcmp(kind, "dumb") != 0;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

bool
screen_is_terminal(void)
{
	return terminal;
}

bool
screen_has_colour(void)
{
	return colour;
}

size_t
screen_width(void)
{
	struct winsize size = {.ws_col = 0};

	if (!terminal)
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Characters that turn the direction of writing, or end a line. */
static bool
character_steers(wchar_t character)
{
	static const struct {
		wchar_t first, last;
	} ranges[] = {{0x061c, 0x061c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

/* The next character of valid UTF-8, 0 at the end; *length is its bytes. */
static wchar_t
character_next(const char *text, size_t *length)
{
	mbstate_t state = {0};
	wchar_t character;
	size_t read = mbrtowc(&character, text, strlen(text), &state);

	if (read == 0 || *text == '\0')
		return 0;
	if (read > 4) { /* not in this locale: a byte of whatever it is */
		*length = 1;
		return L'?';
	}
	*length = read;
	return character;
}

void
screen_clean(char *text)
{
	size_t length;
	wchar_t character;

	utf8_sanitise(text);
	for (char *from = text; (character = character_next(from, &length)) != 0; from += length) {
		if (!character_steers(character) && !(ascii && character > 0x7f)) {
			memmove(text, from, length);
			text += length;
		} else {
			*text++ = '?';
		}
	}
	*text = '\0';
}

static size_t
character_columns(wchar_t character)
{
	int columns = wcwidth(character);

	return columns < 0 ? 1 : (size_t)columns;
}

size_t
screen_columns(const char *text)
{
	size_t columns = 0, length;
	wchar_t character;

	for (; (character = character_next(text, &length)) != 0; text += length)
		columns += character_columns(character);
	return columns;
}

size_t
screen_prefix(const char *text, size_t columns)
{
	size_t length, taken = 0;
	wchar_t character;

	for (; (character = character_next(text + taken, &length)) != 0; taken += length) {
		size_t wide = character_columns(character);

		if (wide > columns)
			break;
		columns -= wide;
	}
	return taken;
}

char *
screen_fit(const char *text, size_t columns)
{
	char *fit;

	if (screen_columns(text) <= columns)
		return ctl_whole(strdup(text));
	if (columns == 0)
		return ctl_whole(strdup(""));
	if (asprintf(&fit, "%.*s%s", (int)screen_prefix(text, columns - 1), text, ascii ? "~" : "…") == -1)
		ctl_no_memory();
	return fit;
}

void
screen_fold(char *text, size_t columns)
{
	char *line = text, *last = NULL, *next;

	for (char *end = text; columns > 0 && (next = strstr(end, "; ")) != NULL; end = next + 2, last = next) {
		next[1] = '\0';
		if (last != NULL && screen_columns(line) > columns) {
			last[1] = '\n';
			line = last + 2;
		}
		next[1] = ' ';
	}
	if (columns > 0 && last != NULL && screen_columns(line) > columns)
		last[1] = '\n';
}
