/*
 * Tables of exacheck-ctl: widths, what gives way, text that is not to be trusted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/ctl/screen.h"
#include "../../supervisor/ctl/table.h"
#include "unit.h"

static const struct column columns[] = {
    {"NAME", 6, 3, false},
    {"STATE", 5, 2, false},
    {"LEAST", 5, 1, false},
    {"MAYBE", 5, 4, true},
};

/* A table of one row, laid out for a width, as text. */
static char *
print(const char *const cells[static COUNT(columns)], size_t width)
{
	struct table *table = table_new(columns, COUNT(columns));
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	table_row(table);
	for (size_t i = 0; i < COUNT(columns); i++)
		if (cells[i] != NULL)
			table_set(table, i, COLOUR_NONE, "%s", cells[i]);
	table_layout(table, width);
	table_print(table, stream, false);
	table_free(table);
	fclose(stream);
	return text;
}

static const struct {
	const char *cells[COUNT(columns)];
	size_t width;
	const char *expected;
} cases[] = {
    {{"web", "up", "x"}, 0, "NAME  STATE  LEAST\nweb   up     x\n"},
    {{"web", "up", "x"}, 18, "NAME  STATE  LEAST\nweb   up     x\n"},
    /* the least important one goes first */
    {{"web", "up", "x"}, 17, "NAME  STATE\nweb   up\n"},
    /* the last two become narrow first */
    {{"web", "rising", "x"}, 10, "NAME  STA…\nweb   ris…\n"},
    {{"web", "up", "x"}, 9, "NAME\nweb\n"},
    {{"web", "up", "x"}, 2, "N…\nw…\n"},
    /* what is there but not needed goes to the most important one */
    {{"long name", "long state", "x"}, 23, "NAME       STATE  LEAST\nlong name  long…  x\n"},
    {{"long name", "long state", "x"}, 20, "NAME    STATE  LEAST\nlong …  long…  x\n"},
    {{"long name", "long state", "x"}, 25, "NAME       STATE    LEAST\nlong name  long s…  x\n"},
    {{"web", "up", "x", "y"}, 0, "NAME  STATE  LEAST  MAYBE\nweb   up     x      y\n"},
    {{"web", NULL, "x"}, 0, "NAME  STATE  LEAST\nweb          x\n"},
    /* wide characters, and one that takes no place */
    {{"日本", "up", "x"}, 0, "NAME  STATE  LEAST\n日本  up     x\n"},
    {{"日本日本", "up", "x"}, 20, "NAME    STATE  LEAST\n日本…   up     x\n"},
    {{"e\xcc\x81t", "up", "x"}, 0, "NAME  STATE  LEAST\ne\xcc\x81t    up     x\n"},
    /* what would steer a terminal */
    {{"a\033[2Jb", "u\xc2\x9bp", "\xff"}, 0, "NAME    STATE  LEAST\na?[2Jb  u?p    ?\n"},
    {{"a\nb", "\xe2\x80\xaeup", "x"}, 0, "NAME  STATE  LEAST\na?b   ?up    x\n"},
};

START_TEST(columns_fit)
{
	char *text = print(cases[_i].cells, cases[_i].width);

	ck_assert_str_eq(text, cases[_i].expected);
	free(text);
}
END_TEST

/* No line is wider than the screen, whatever it is. */
START_TEST(no_line_is_wider)
{
	static const char *const cells[] = {"a name of some length", "a state that says much", "results", "日本日本日本"};
	char *text, *line, *next;

	for (size_t width = 1; width < 90; width++) {
		text = print(cells, width);
		for (line = text; (next = strchr(line, '\n')) != NULL; line = next + 1) {
			*next = '\0';
			ck_assert_uint_le(screen_columns(line), width);
			ck_assert_str_ne(line, "");
		}
		free(text);
	}
}
END_TEST

START_TEST(notes_and_colours)
{
	struct table *table = table_new(columns, COUNT(columns));
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);

	for (int i = 0; i < 40; i++) {
		table_row(table);
		table_set(table, 0, COLOUR_BAD, "%d", i);
		table_set(table, 0, COLOUR_GOOD, "%d", i + 100);
	}
	table_note(table, "one\033");
	table_note(table, "two");
	ck_assert_uint_eq(table_rows(table), 40);
	ck_assert_str_eq(table_text(table, 39, 0), "139");
	table_layout(table, 0);
	table_print(table, stream, true);
	fclose(stream);
	ck_assert_ptr_nonnull(strstr(text, "\033[32m139\033[0m\n    one?\n    two\n"));
	ck_assert_ptr_null(strstr(text, "\033[1;31m"));
	free(text);
	table_free(table);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tables of exacheck-ctl");
	TCase *tcase = unit_case(suite, "table");

	screen_begin();
	tcase_add_loop_test(tcase, columns_fit, 0, COUNT(cases));
	tcase_add_test(tcase, no_line_is_wider);
	tcase_add_test(tcase, notes_and_colours);
	return unit_run(suite);
}
