/*
 * Tables. Touches memory, and the stream it prints to. Invariant: no line is wider than the width it was laid out for,
 * if one column fits at all.
 */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "screen.h"

#define GAP 2 /* between columns */
#define LEGIBLE 4

struct cell {
	char *text; /* NULL: empty */
	size_t wide;
	enum colour colour;
};

struct table {
	const struct column *columns;
	size_t count;
	size_t *widths; /* 0: left out */
	size_t rows, capacity;
	struct cell *cells; /* row after row */
	char **notes;	    /* of each row: lines, NULL: none */
};

struct table *
table_new(const struct column *columns, size_t count)
{
	struct table *table = ctl_whole(calloc(1, sizeof(*table)));

	table->columns = columns;
	table->count = count;
	table->widths = ctl_whole(calloc(count, sizeof(*table->widths)));
	return table;
}

void
table_free(struct table *table)
{
	for (size_t i = 0; i < table->rows * table->count; i++)
		free(table->cells[i].text);
	for (size_t i = 0; i < table->rows; i++)
		free(table->notes[i]);
	free(table->cells);
	free(table->notes);
	free(table->widths);
	free(table);
}

void
table_row(struct table *table)
{
	if (table->rows == table->capacity) {
		table->capacity = table->capacity * 2 + 16;
		table->cells = ctl_whole(reallocarray(table->cells, table->capacity * table->count, sizeof(*table->cells)));
		table->notes = ctl_whole(reallocarray(table->notes, table->capacity, sizeof(*table->notes)));
	}
	memset(&table->cells[table->rows * table->count], 0, table->count * sizeof(*table->cells));
	table->notes[table->rows++] = NULL;
}

static struct cell *
table_cell(const struct table *table, size_t row, size_t column)
{
	return &table->cells[row * table->count + column];
}

/* Formatted, and clean; owned by the caller. */
__attribute__((format(printf, 1, 0))) static char *
text_make(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) == -1)
		ctl_no_memory();
	screen_clean(text);
	return text;
}

void
table_set(struct table *table, size_t column, enum colour colour, const char *format, ...)
{
	struct cell *cell = table_cell(table, table->rows - 1, column);
	va_list arguments;

	free(cell->text);
	va_start(arguments, format);
	cell->text = text_make(format, arguments);
	va_end(arguments);
	cell->wide = screen_columns(cell->text);
	cell->colour = colour;
}

void
table_note(struct table *table, const char *format, ...)
{
	char **notes = &table->notes[table->rows - 1], *text, *both;
	va_list arguments;

	va_start(arguments, format);
	text = text_make(format, arguments);
	va_end(arguments);
	if (asprintf(&both, "%s    %s\n", *notes != NULL ? *notes : "", text) == -1)
		ctl_no_memory();
	free(text);
	free(*notes);
	*notes = both;
}

size_t
table_rows(const struct table *table)
{
	return table->rows;
}

const char *
table_text(const struct table *table, size_t row, size_t column)
{
	const char *text = row == TABLE_TITLE ? table->columns[column].title : table_cell(table, row, column)->text;

	return text != NULL ? text : "";
}

/* What the column takes uncut; 0: it is left out anyway. */
static size_t
column_natural(const struct table *table, size_t column)
{
	size_t wide = 0, title = screen_columns(table->columns[column].title);

	for (size_t row = 0; row < table->rows; row++)
		if (table_cell(table, row, column)->wide > wide)
			wide = table_cell(table, row, column)->wide;
	if (wide == 0 && table->columns[column].optional)
		return 0;
	return wide > title ? wide : title;
}

static size_t
widths_sum(const struct table *table)
{
	size_t sum = 0;

	for (size_t i = 0; i < table->count; i++)
		sum += table->widths[i] > 0 ? table->widths[i] + GAP : 0;
	return sum > GAP ? sum - GAP : 0;
}

/* Of the columns that are not left out the one of the least, or greatest, priority below or above another; count: none. */
static size_t
column_next(const struct table *table, bool greatest, unsigned than)
{
	size_t best = table->count;
	const struct column *columns = table->columns;

	for (size_t i = 0; i < table->count; i++) {
		if (table->widths[i] == 0 || (greatest && columns[i].priority >= than))
			continue;
		if (best == table->count || (greatest ? columns[i].priority > columns[best].priority :
		    columns[i].priority < columns[best].priority))
			best = i;
	}
	return best;
}

/* The last two columns share what there is, if that is anything: one says little without the other. */
static bool
columns_squeeze(struct table *table, size_t width)
{
	if (width < 2 * LEGIBLE + GAP)
		return false;
	for (size_t i = 0; i < table->count; i++)
		if (table->widths[i] > (width - GAP) / 2)
			table->widths[i] = (width - GAP) / 2;
	return true;
}

/* Leave out columns until the least widths fit; one stays. */
static void
columns_drop(struct table *table, size_t width)
{
	size_t least, left = 0;

	for (size_t i = 0; i < table->count; i++)
		left += table->widths[i] > 0;
	for (; left > 1 && widths_sum(table) > width && !(left == 2 && columns_squeeze(table, width)); left--) {
		least = column_next(table, false, 0);
		table->widths[least] = 0;
	}
	least = column_next(table, false, 0);
	if (left == 1 && table->widths[least] > width)
		table->widths[least] = width;
}

void
table_layout(struct table *table, size_t width)
{
	size_t *natural = ctl_whole(calloc(table->count, sizeof(*natural))), spare, column;

	for (size_t i = 0; i < table->count; i++) {
		natural[i] = column_natural(table, i);
		table->widths[i] = width == 0 || natural[i] < table->columns[i].least ? natural[i] : table->columns[i].least;
	}
	if (width > 0) {
		columns_drop(table, width);
		for (unsigned than = (unsigned)-1; (column = column_next(table, true, than)) < table->count;
		    than = table->columns[column].priority) {
			spare = width > widths_sum(table) ? width - widths_sum(table) : 0;
			if (natural[column] > table->widths[column])
				table->widths[column] += natural[column] - table->widths[column] < spare ?
				    natural[column] - table->widths[column] : spare;
		}
	}
	free(natural);
}

/* Whether anything follows on the line that is to be seen. */
static bool
line_goes_on(const struct table *table, size_t row, size_t column)
{
	while (++column < table->count)
		if (table->widths[column] > 0 && *table_text(table, row, column) != '\0')
			return true;
	return false;
}

void
table_line(const struct table *table, size_t row, table_piece *piece, void *context)
{
	static const char blanks[] = "                                ";
	enum colour colour;
	char *text;
	size_t pad;

	for (size_t i = 0; i < table->count; i++) {
		if (table->widths[i] == 0)
			continue;
		text = screen_fit(table_text(table, row, i), table->widths[i]);
		colour = row == TABLE_TITLE ? COLOUR_TITLE : table_cell(table, row, i)->colour;
		piece(context, colour, text);
		pad = line_goes_on(table, row, i) ? table->widths[i] - screen_columns(text) + GAP : 0;
		free(text);
		for (size_t part; pad > 0; pad -= part) {
			part = pad < sizeof(blanks) - 1 ? pad : sizeof(blanks) - 1;
			piece(context, COLOUR_NONE, blanks + sizeof(blanks) - 1 - part);
		}
	}
}

struct printing {
	FILE *stream;
	bool colours;
};

static void
piece_print(void *context, enum colour colour, const char *text)
{
	struct printing *printing = context;

	if (printing->colours)
		fprintf(printing->stream, "%s%s%s", colour_begin(colour), text, colour_end(colour));
	else
		fputs(text, printing->stream);
}

void
table_print(const struct table *table, FILE *stream, bool colours)
{
	struct printing printing = {stream, colours};

	table_line(table, TABLE_TITLE, piece_print, &printing);
	fputc('\n', stream);
	for (size_t row = 0; row < table->rows; row++) {
		table_line(table, row, piece_print, &printing);
		fputc('\n', stream);
		if (table->notes[row] != NULL)
			fputs(table->notes[row], stream);
	}
}
