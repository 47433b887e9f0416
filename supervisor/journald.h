/*
 * The log in systemd's journal, with fields for what a line is about beside its text: journalctl EXACHECK_CHECK=web. Without
 * its library.
 */
#ifndef EXACHECK_JOURNALD_H
#define EXACHECK_JOURNALD_H

#include <stdbool.h>

/*
 * If standard error goes to the journal, as JOURNAL_STREAM says, write lines by the journal's own protocol from now on; what
 * the journal does not take is written to standard error as ever. Takes JOURNAL_STREAM out of the environment, so that no
 * child has it: standard error of theirs is another one. Before any child is made.
 */
void journald_init(void);

/* Whether standard output leads to the journal, where nobody reads a command. */
bool journald_has_output(void);

#endif
