/*
 * What is wrong with a configuration: every finding with its place, in file order, as
 * FILE:LINE:COL: checks[2] (web).args.port: must be 1 to 65535, got 70000
 */
#ifndef EXACHECK_DIAGNOSTIC_H
#define EXACHECK_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct diagnostics; /* a list of findings */

struct diagnostics *diagnostics_new(const char *path);
void diagnostics_free(struct diagnostics *);

/* line 0: the file as a whole. where: "checks[2] (web).args.port" or NULL. */
void diagnostic_add(struct diagnostics *, enum severity, unsigned line, unsigned column, const char *where,
    const char *format, ...) __attribute__((format(printf, 6, 7)));

size_t diagnostics_count(const struct diagnostics *, enum severity);

/* One line per finding, sorted by position, "warning: " before the text of warnings. */
void diagnostics_print(struct diagnostics *, FILE *);

/* Visit each in the same order; line without newline (the supervisor logs them). */
void diagnostics_each(struct diagnostics *, void (*visit)(void *context, enum severity, const char *line),
    void *context);

#endif
