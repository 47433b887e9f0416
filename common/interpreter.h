/*
 * The program's interpreter: what executes it, and whatever else is executed from within a Landlock sandbox.
 */
#ifndef EXACHECK_INTERPRETER_H
#define EXACHECK_INTERPRETER_H

/* Its path (ld.so), which lives for ever; NULL: this program has none. */
const char *interpreter_path(void);

#endif
