/*
 * Colours: of the eight that every terminal has. Pure.
 */
#include "colour.h"

#include <stddef.h>
#include <string.h>

static const char *const sequences[COLOURS] = {
    [COLOUR_NONE] = "",
    [COLOUR_GOOD] = "\033[32m",
    [COLOUR_CHANGING] = "\033[33m",
    [COLOUR_BAD] = "\033[1;31m",
    [COLOUR_OFF] = "\033[36m",
    [COLOUR_TITLE] = "\033[1m",
};

const char *
colour_begin(enum colour colour)
{
	return sequences[colour];
}

const char *
colour_end(enum colour colour)
{
	return colour == COLOUR_NONE ? "" : "\033[0m";
}

enum colour
colour_of_state(const char *state)
{
	static const struct {
		const char *state;
		enum colour colour;
	} colours[] = {
	    {"up", COLOUR_GOOD}, {"rising", COLOUR_CHANGING}, {"falling", COLOUR_CHANGING}, {"startup", COLOUR_CHANGING},
	    {"undecided", COLOUR_CHANGING}, {"down", COLOUR_BAD}, {"disabled", COLOUR_OFF},
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(colours[i].state, state) == 0)
			return colours[i].colour;
	return COLOUR_NONE;
}
