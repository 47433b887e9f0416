/*
 * An event in words, for people and for programs.
 */
#ifndef EXACHECK_NOTIFY_WORDS_H
#define EXACHECK_NOTIFY_WORDS_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "letter.h"
#include "notice.h"

enum letter_kind words_kind(const struct notice *);

/* "ExaCheck Event - Route Withdrawal - web" */
void words_title(FILE *, const struct notice *);
/* What happened, why, since when, of which routes: sentences, then a table. */
void words_story(FILE *, const struct notice *);
/* One line of several: time, name, what the log says. */
void words_line(FILE *, const struct notice *);
/* A map. NULL: out of memory. */
json_t *words_data(const struct notice *);

/* The number of an event's kind, as programs read it: "down", "routes". */
const char *words_kind_name(enum notice_kind);

/* A row of the table, and the date as the tables have it: local time, "2026-01-31 23:59:59 +0100". */
void words_row(FILE *, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define WORDS_DATE_SIZE 40
const char *words_date(int64_t us, char text[static WORDS_DATE_SIZE]);

/* "2 h 5 min". */
#define WORDS_SPAN_SIZE 64
const char *words_span(int64_t us, char text[static WORDS_SPAN_SIZE]);

/* Date or null: of 0 none. */
json_t *words_json_date(int64_t us);

#endif
