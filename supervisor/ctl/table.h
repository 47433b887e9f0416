/*
 * Tables of text: columns that fit a width. Columns give way by priority: every one has a least width, the least
 * important ones are left out while those do not fit, and what is left over goes to the most important first.
 */
#ifndef EXACHECK_CTL_TABLE_H
#define EXACHECK_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "colour.h"

struct column {
	const char *title;
	size_t least;	   /* what is wider may be cut to this */
	unsigned priority; /* the greatest is left out last */
	bool optional;	   /* left out while it is empty */
};

struct table;

/* The columns outlive the table. Never NULL. */
struct table *table_new(const struct column *, size_t count);
void table_free(struct table *);

/* A further row. Its cells are empty until they are set; text is cleaned. */
void table_row(struct table *);
void table_set(struct table *, size_t column, enum colour, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A line of its own below the last row. */
void table_note(struct table *, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t table_rows(const struct table *);
const char *table_text(const struct table *, size_t row, size_t column);

/* Settle widths for so many columns of a screen; 0: no limit. */
void table_layout(struct table *, size_t width);

/*
 * Call for each piece of a line, from the left to the right; the last of a line is not padded. Row TABLE_TITLE: the
 * titles. After table_layout.
 */
#define TABLE_TITLE ((size_t)-1)
typedef void table_piece(void *context, enum colour, const char *text);
void table_line(const struct table *, size_t row, table_piece *, void *context);

/* Title, rows and notes. */
void table_print(const struct table *, FILE *, bool colours);

#endif
