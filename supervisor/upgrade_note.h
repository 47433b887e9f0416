/*
 * How upgrades went, as a line in the file of the lock: written by exacheck, read by exacheck-ctl.
 */
#ifndef EXACHECK_UPGRADE_NOTE_H
#define EXACHECK_UPGRADE_NOTE_H

#include <stdbool.h>

#define UPGRADE_NOTE_SIZE 1024

/* version and why point into the text. */
struct upgrade_note {
	unsigned upgrades, refusals; /* of the running process so far */
	const char *version;	     /* of the program that runs */
	const char *why;	     /* the last refusal, empty: none */
};

/* why: of the last refusal, or empty. */
void upgrade_note_format(char text[static UPGRADE_NOTE_SIZE], unsigned upgrades, unsigned refusals, const char *why);

/* Takes the text apart. False: it is no such text. */
bool upgrade_note_parse(char *text, struct upgrade_note *);

#endif
