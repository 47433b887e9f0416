/*
 * JSON on standard output, for programs.
 */
#ifndef EXACHECK_CTL_JSON_PRINT_H
#define EXACHECK_CTL_JSON_PRINT_H

#include <jansson.h>

#include "ctl.h"

/* One value, indented; or on one line. What a terminal would act upon is escaped if standard output is one. */
void json_print(const json_t *);
void json_print_line(const json_t *);

/*
 * Answers of several lines. Ask, and print {key: [the lines without their type]}; or one line a line as it comes. kind:
 * the type of the lines that are meant. The request is taken over.
 */
enum ctl_exit json_answer_list(const struct ctl *, json_t *request, const char *kind, const char *key);

#endif
