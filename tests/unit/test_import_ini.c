/*
 * The importers of INI files where memory is short: whichever allocation fails, what comes out is the whole
 * configuration, or none and a word about it. And the bounds of the reader.
 */
#include <stdio.h>
#include <string.h>

#include "../../supervisor/import/ini.h"
#include "allocations_text.h"
#include "notes.h"
#include "unit.h"

#define GOLDEN "tests/e2e/golden/import/"

/* The configuration, with one allocation failing after so many; malloc'd. NULL: none; then there is a word about it. */
static char *
imported(void (*run)(struct importing *, int, char **), char *path, int after, bool *failed)
{
	struct importing *importing = importing_new();
	char *argv[] = {path, NULL}, *text, *notes;

	ck_assert_ptr_nonnull(importing);
	allocations = after;
	run(importing, 1, argv);
	text = importing_text(importing, "test", NULL);
	*failed = after >= 0 && allocations < 0;
	allocations = -1;
	notes = notes_text(importing);
	if (text == NULL)
		ck_assert_msg(strstr(notes, "memory") != NULL, "after %d: \"%s\"", after, notes);
	free(notes);
	importing_free(importing);
	return text;
}

static void
check_memory(void (*run)(struct importing *, int, char **), char *path)
{
	bool failed = true;
	char *expected = imported(run, path, -1, &failed), *text;
	int refusals = 0;

	ck_assert_ptr_nonnull(expected);
	failed = true;
	for (int after = 0; failed; after += unit_stride(7)) {
		if ((text = imported(run, path, after, &failed)) == NULL)
			refusals++;
		else
			ck_assert_str_eq(text, expected);
		free(text);
	}
	ck_assert_int_gt(refusals, 50);
	free(expected);
}

START_TEST(perl_memory)
{
	static char path[] = GOLDEN "perl-lists.conf";

	check_memory(import_perl, path);
}
END_TEST

START_TEST(anycast_memory)
{
	static char path[] = GOLDEN "anycast-hooks.conf";

	check_memory(import_anycast, path);
}
END_TEST

START_TEST(anycast_directory_memory)
{
	static char path[] = GOLDEN "anycast-dns.d";

	check_memory(import_anycast, path);
}
END_TEST

/* The number of errors of a text; -1: it can be read, but the value of key "a" of section "s" cannot. */
static int
errors_of(const struct ini_dialect *dialect, const char *text, size_t length)
{
	struct importing *importing = importing_new();
	struct ini ini;
	char *value = NULL;
	int errors;

	ck_assert_ptr_nonnull(importing);
	ini_begin(&ini, dialect, importing);
	if (ini_parse(&ini, "test", text, length)) {
		const struct ini_section *section = ini_section(&ini, "s");

		ck_assert_ptr_nonnull(section);
		ck_assert_ptr_nonnull(ini_key(&ini, section, "a"));
		if ((value = ini_text(&ini, section, ini_key(&ini, section, "a"))) == NULL)
			errors = -1;
		else
			errors = 0;
	} else {
		errors = (int)import_count(importing, IMPORT_WRONG);
	}
	free(value);
	ini_clear(&ini);
	importing_free(importing);
	return errors;
}

/* A text of "[s]", the first line, and so many of the second, in which %d is their number. */
static int
errors_of_lines(const struct ini_dialect *dialect, const char *first, const char *line, int count)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	int errors;

	ck_assert_ptr_nonnull(file);
	fprintf(file, "[s]\n%s\n", first);
	for (int i = 0; i < count; i++)
		if (strchr(line, '#') == NULL)
			fprintf(file, "%s\n", line);
		else
			fprintf(file, "%.*s%d%s\n", (int)strcspn(line, "#"), line, i, strchr(line, '#') + 1);
	fclose(file);
	errors = errors_of(dialect, text, length);
	free(text);
	return errors;
}

START_TEST(bounds)
{
	ck_assert_int_eq(errors_of_lines(&ini_perl, "a=1", "k#=1", 499), 0);
	ck_assert_int_eq(errors_of_lines(&ini_perl, "a=1", "k#=1", 500), 1);
	ck_assert_int_eq(errors_of_lines(&ini_perl, "a=1", "[t#]", 4999), 0);
	ck_assert_int_eq(errors_of_lines(&ini_perl, "a=1", "[t#]", 5000), 1);
	/* many lines of one value are no work that grows with their square */
	ck_assert_int_eq(errors_of_lines(&ini_python, "a=1", " b", 30000), 0);
	ck_assert_int_eq(errors_of_lines(&ini_python, "a=1", " b", 40000), -1);
	/* of a file that is something else so many lines are enough */
	ck_assert_int_eq(errors_of_lines(&ini_perl, "a=1", "nothing", 1000), 20);
	ck_assert_int_eq(errors_of(&ini_perl, "[s]\na=\0", 7), 1);
}
END_TEST

/* Values that name others, each of them many times: the work is bounded, also when nothing comes of it. */
START_TEST(references)
{
	static const char loop[] = "[s]\na=%(a)s\n", nothing[] = "[s]\na=%(b)s\n";

	ck_assert_int_eq(errors_of(&ini_python, loop, strlen(loop)), -1);
	ck_assert_int_eq(errors_of(&ini_python, nothing, strlen(nothing)), -1);
	ck_assert_int_eq(errors_of_lines(&ini_python, "b=\nc=%(b)s\na=", " %(c)s", 400), 0);
	ck_assert_int_eq(errors_of_lines(&ini_python, "b=\nc=%(b)s%(b)s%(b)s%(b)s\na=", " %(c)s", 400), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("import_ini");
	TCase *tcase;

	json_set_alloc_funcs(malloc, free);
	tcase = unit_case(suite, "memory");
	tcase_add_test(tcase, perl_memory);
	tcase_add_test(tcase, anycast_memory);
	tcase_add_test(tcase, anycast_directory_memory);
	tcase = unit_case(suite, "bounds");
	tcase_add_test(tcase, bounds);
	tcase_add_test(tcase, references);
	return unit_run(suite);
}
