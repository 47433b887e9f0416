/*
 * Colours of states. One place, for what is printed and for --watch.
 */
#ifndef EXACHECK_CTL_COLOUR_H
#define EXACHECK_CTL_COLOUR_H

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_CHANGING, COLOUR_BAD, COLOUR_OFF, COLOUR_TITLE, COLOURS };

/* The escape sequence that begins it, and the one that ends any. */
const char *colour_begin(enum colour);
const char *colour_end(enum colour);

/* Of a state by its name: "up", "falling" … */
enum colour colour_of_state(const char *state);

#endif
