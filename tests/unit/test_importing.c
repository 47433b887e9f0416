/*
 * What importers have in common: YAML that is read as what was meant, notes, and no configuration that is none.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/import/importing.h"
#include "../../supervisor/import/yaml_write.h"
#include "../../supervisor/tree.h"
#include "notes.h"
#include "unit.h"

static const char *const texts[] = {
	"web", "", " ", "a b", " lead", "trail ", "true", "No", "~", "null", "12", "-1", "0x10", "1e3", ".5", "65000:10", "192.0.2.1/32",
	"2001:db8::/32", "curl -sf 'http://127.0.0.1/' # not a comment", "a: b", "- a", "[a", "{a", "*a", "&a", "!a", "%a", "@a", "`a",
	"\"quoted\"", "it's", "back\\slash", "two\nlines", "two\nlines\n", "\nfirst empty", "ends\n\n\n", "  indented\nblock", "tab\there",
	"carriage\rreturn", "caf\xc3\xa9", "\xe2\x80\xa8", "\x7f", "=", "<<", "? a", ", a", "a,b", "...", "---", "|", ">"};

static struct tree *
written(json_t *value)
{
	struct diagnostics *diagnostics = diagnostics_new("test");
	struct tree *tree;
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	ck_assert(yaml_write(value, file));
	ck_assert_int_eq(fclose(file), 0);
	tree = tree_parse("test", text, size, diagnostics);
	ck_assert_msg(tree != NULL, "cannot be read: %s", text);
	ck_assert_uint_eq(diagnostics_count(diagnostics, SEVERITY_ERROR), 0);
	diagnostics_free(diagnostics);
	free(text);
	return tree;
}

/* As a key's value, as a key, in a list on one line and in one of many lines. */
START_TEST(yaml_keeps_texts)
{
	const char *text = texts[_i];
	json_t *value = json_pack("{s:s, s:[s, s], s:[{s:s}]}", "value", text, "list", text, text, "maps", "in", text);
	struct tree *tree = written(value);
	const struct node *root = tree_root(tree), *list = node_get(root, "list"), *maps = node_get(root, "maps");

	ck_assert_str_eq(node_get(root, "value")->text, text);
	ck_assert_uint_eq(list->count, 2);
	ck_assert_str_eq(list->items[0]->text, text);
	ck_assert_str_eq(list->items[1]->text, text);
	ck_assert_str_eq(node_get(maps->items[0], "in")->text, text);
	tree_free(tree);
	json_decref(value);
}
END_TEST

/* What is a text never reads as a number, a flag or nothing, for readers that guess. */
START_TEST(yaml_quotes_what_could_be_something_else)
{
	static const char *const guessed[] = {"true", "No", "~", "null", "12", "-1", "0x10", "1e3", ".5", "65000:10", ""};

	for (size_t i = 0; i < COUNT(guessed); i++) {
		json_t *value = json_pack("{s:s}", "value", guessed[i]);
		struct tree *tree = written(value);

		ck_assert_msg(node_get(tree_root(tree), "value")->quoted, "%s", guessed[i]);
		tree_free(tree);
		json_decref(value);
	}
}
END_TEST

START_TEST(yaml_writes_values)
{
	json_t *value = json_pack("{s:i, s:f, s:b, s:[], s:{}}", "integer", -5, "real", 0.1, "flag", 1, "list", "map");
	struct tree *tree = written(value);
	const struct node *root = tree_root(tree);

	ck_assert_str_eq(node_get(root, "integer")->text, "-5");
	ck_assert_str_eq(node_get(root, "real")->text, "0.1");
	ck_assert_str_eq(node_get(root, "flag")->text, "true");
	ck_assert(!node_get(root, "flag")->quoted);
	ck_assert_int_eq(node_get(root, "list")->type, NODE_SEQUENCE);
	ck_assert_uint_eq(node_get(root, "list")->count, 0);
	ck_assert_int_eq(node_get(root, "map")->type, NODE_MAPPING);
	tree_free(tree);
	json_decref(value);
}
END_TEST

START_TEST(yaml_says_that_it_could_not)
{
	FILE *file = fopen("/dev/full", "w");
	json_t *value = json_pack("{s:s}", "key", "value");

	ck_assert_ptr_nonnull(file);
	setvbuf(file, NULL, _IONBF, 0);
	ck_assert(!yaml_write(value, file));
	fclose(file);
	json_decref(value);
}
END_TEST

static json_t *
check_add(struct importing *importing, const char *name, const char *prefix)
{
	json_t *check = import_add_check(importing, name), *args = import_add_map(importing, check, "args");

	import_add_text(importing, args, "method", "shell");
	import_add_text(importing, args, "command", "true");
	import_add_text(importing, import_add_list(importing, check, "prefixes"), NULL, prefix);
	return check;
}

START_TEST(a_configuration)
{
	static const char expected[] = "# by\n# hand\n"
	    "checks:\n- name: web\n  args:\n    method: shell\n    command: \"true\"\n  prefixes: [\"192.0.2.1\"]\n"
	    "  interval: 2.5\n  rise: 2\n  fall: 5\n  splay: false\n";
	struct importing *importing = importing_new();
	json_t *check = check_add(importing, "web", "192.0.2.1");
	char *text, *notes;

	import_add_number(importing, check, "interval", 2.5);
	import_add_number(importing, check, "timeout", 5.0);
	import_note(importing, IMPORT_DIFFERS, NULL, "is %d", 1);
	import_note(importing, IMPORT_LOST, "--sudo", "gone");
	/* "timeout" is none of a check's keys: the tables say so, and there is no configuration */
	ck_assert_ptr_null(importing_text(importing, "prog", "by\nhand\n"));
	ck_assert_uint_eq(import_count(importing, IMPORT_WRONG), 1);
	notes = notes_text(importing);
	ck_assert_ptr_nonnull(strstr(notes, "exacheck: note: is 1\n"));
	ck_assert_ptr_nonnull(strstr(notes, "exacheck: warning: --sudo: gone\n"));
	ck_assert_ptr_nonnull(strstr(notes, "exacheck: error: prog:"));
	free(notes);
	importing_free(importing);

	importing = importing_new();
	check = check_add(importing, "web", "192.0.2.1");
	import_add_number(importing, check, "interval", 2.5);
	import_add_integer(importing, check, "rise", 2);
	import_add_number(importing, check, "fall", 5.0);
	import_add_flag(importing, check, "splay", false);
	text = importing_text(importing, "prog", "by\nhand\n");
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
	importing_free(importing);
}
END_TEST

START_TEST(what_is_wrong_stays_wrong)
{
	struct importing *importing = importing_new();

	check_add(importing, "web", "192.0.2.1");
	import_note(importing, IMPORT_WRONG, "file:3", "cannot be read");
	ck_assert_ptr_null(importing_text(importing, "prog", NULL));
	importing_free(importing);

	importing = importing_new();
	check_add(importing, "w\xff", "192.0.2.1");
	ck_assert_uint_eq(import_count(importing, IMPORT_WRONG), 1);
	ck_assert_ptr_null(importing_text(importing, "prog", NULL));
	importing_free(importing);

	/* what had no memory is not left out of a configuration that is otherwise valid */
	importing = importing_new();
	check_add(importing, "web", "192.0.2.1");
	import_add(importing, import_document(importing), "metrics", NULL);
	ck_assert_ptr_null(importing_text(importing, "prog", NULL));
	importing_free(importing);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("importing");
	TCase *yaml = unit_case(suite, "yaml"), *notes = unit_case(suite, "importing");

	tcase_add_loop_test(yaml, yaml_keeps_texts, 0, (int)COUNT(texts));
	tcase_add_test(yaml, yaml_quotes_what_could_be_something_else);
	tcase_add_test(yaml, yaml_writes_values);
	tcase_add_test(yaml, yaml_says_that_it_could_not);
	tcase_add_test(notes, a_configuration);
	tcase_add_test(notes, what_is_wrong_stays_wrong);
	return unit_run(suite);
}
