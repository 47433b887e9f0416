/*
 * Notes about options.
 */
#ifndef EXACHECK_HEALTHCHECK_NOTE_H
#define EXACHECK_HEALTHCHECK_NOTE_H

#include "healthcheck_options.h"

/* Note something of the option of this long name, where it is given, or else of its default. */
void healthcheck_note(struct importing *, const struct healthcheck_options *, enum import_kind, const char *option,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Note, of a value that differs for whatever part of the input has it, what is the same for all of them. */
void healthcheck_note_general(struct importing *, const char *option, const char *text);

/*
 * Note what can be said of options without making anything of them: those whose note the table has, and those that have no
 * effect with or without others.
 */
void healthcheck_notes_add(struct importing *, const struct healthcheck_options *);

#endif
