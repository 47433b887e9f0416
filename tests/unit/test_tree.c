/*
 * The tree: structure, positions, anchors, merge keys, and every kind of text that is no configuration.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../supervisor/json_text.h"
#include "../../supervisor/tree.h"
#include "findings.h"
#include "unit.h"

#define MIB (1024UL * 1024)

/* A node in one line: {a:1,b:[x,~]}, quoted scalars in quotes. */
static void
dump(FILE *file, const struct node *node)
{
	switch (node->type) {
	case NODE_NULL:
		fputc('~', file);
		break;
	case NODE_SCALAR:
		fprintf(file, node->quoted ? "'%s'" : "%s", node->text);
		break;
	case NODE_SEQUENCE:
		fputc('[', file);
		for (size_t i = 0; i < node->count; i++) {
			fputs(i > 0 ? "," : "", file);
			dump(file, node->items[i]);
		}
		fputc(']', file);
		break;
	case NODE_MAPPING:
		fputc('{', file);
		for (size_t i = 0; i < node->count; i++) {
			fputs(i > 0 ? "," : "", file);
			dump(file, node->keys[i]);
			fputc(':', file);
			dump(file, node->items[i]);
		}
		fputc('}', file);
		break;
	}
}

static char *
dump_text(const struct node *node)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	ck_assert_ptr_nonnull(file);
	dump(file, node);
	fclose(file);
	return text;
}

struct good {
	const char *path, *text, *dump;
};

static const struct good goods[] = {
    {"t.yaml", "a: 1\nb: [x, ~]\n", "{a:1,b:[x,~]}"},
    {"t.yaml", "a:\nb: null\nc: ''\nd: \"null\"\ne: !!str ~\n", "{a:~,b:~,c:'',d:'null',e:'~'}"},
    {"t.yaml",
	"\xef\xbb\xbf"
	"a: caf\xc3\xa9\n",
	"{a:caf\xc3\xa9}"},
    {"t.yaml", "%YAML 1.1\n---\na: 65000:10\n...\n", "{a:65000:10}"},
    {"t.yaml", "- |\n  x\n  y\n- >-\n  x\n  y\n", "['x\ny\n','x y']"},
    {"t.yaml", "just text", "just text"},
    {"t.yaml", "a: &x {b: 1}\nc: *x\n", "{a:{b:1},c:{b:1}}"},
    {"t.yaml", "a: &x 1\nb: &x 2\nc: *x\n", "{a:1,b:2,c:2}"},
    {"t.yaml", "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", "{a:{b:1,c:2},d:{c:3,b:1}}"},
    {"t.yaml", "a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}\n", "{a:{b:1,c:2},d:{c:3,b:1}}"},
    {"t.yaml", "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y]}\n",
	"{x:{a:1,b:1},y:{b:2,c:2},z:{a:1,b:1,c:2}}"},
    {"t.yaml", "x: &x {a: 1}\ny: &y {a: 2}\nz:\n  <<: *x\n  <<: *y\n", "{x:{a:1},y:{a:2},z:{a:2}}"},
    {"t.yaml", "x: &x {a: 1, b: 1}\ny: &y {<<: *x, b: 2}\nz: {<<: *y}\n", "{x:{a:1,b:1},y:{b:2,a:1},z:{b:2,a:1}}"},
    {"t.yaml", "a: {\"<<\": 1}\n", "{a:{'<<':1}}"},
    {"t.yaml", "? a\n: 1\n", "{a:1}"},
    {"t.json", "\t{\"a\"\t:\t[1,\t\"x\\ty\",\tnull],\n\t\"b\":{}}\n", "{'a':[1,'x\ty',~],'b':{}}"},
    {"t.JSON", "{\"a\":\"\\ud83d\\ude00\\u00e9\\\\\\\"\",\"b\":\"a\tb\"}",
	"{'a':'\xf0\x9f\x98\x80\xc3\xa9\\\"','b':'a\tb'}"},
    {"t.json", "{\"url\":\"http:\\/\\/x\"}", "{'url':'http://x'}"},
};

START_TEST(good_documents)
{
	const struct good *good = &goods[_i];
	struct diagnostics *diagnostics = diagnostics_new(good->path);
	struct tree *tree = tree_parse(good->path, good->text, strlen(good->text), diagnostics);
	char *text = findings_text(diagnostics);

	ck_assert_str_eq(text, "");
	ck_assert_ptr_nonnull(tree);
	free(text);
	text = dump_text(tree_root(tree));
	ck_assert_str_eq(text, good->dump);
	free(text);
	tree_free(tree);
	diagnostics_free(diagnostics);
}
END_TEST

struct bad {
	const char *text;
	size_t length; /* 0: strlen */
	const char *findings; /* the beginning of what is reported */
};

static const struct bad bads[] = {
    {"", 0, "t: is empty"},
    {"# nothing\n---\n", 0, "t: is empty"},
    {"~", 0, "t: is empty"},
    {"a: 1\n---\nb: 2\n", 0, "t:2:1: a second document begins here"},
    {"a: 1\nb: 2\na: 3\n", 0, "t:3:1: the key \"a\" stands here a second time, first at line 1 column 1"},
    {"x: {b: 1, b: 2}\ny: {c: 1, 'c': 2}\n", 0,
	"t:1:11: the key \"b\" stands here a second time, first at line 1 column 5\n"
	"t:2:11: the key \"c\" stands here a second time, first at line 2 column 5\n"},
    {"a: *x\n", 0, "t:1:4: no anchor &x stands before this alias"},
    {"a: &x [*x]\n", 0, "t:1:8: the alias *x contains itself"},
    {"a: &x {b: *x}\n", 0, "t:1:11: the alias *x contains itself"},
    {"a: {<<: 1}\n", 0, "t:1:9: a merge key (<<) takes a map or a list of maps, got a value"},
    {"a: {<<: [{b: 1}, [c]]}\n", 0, "t:1:18: a merge key (<<) takes a map or a list of maps, got a list"},
    {"a: !!binary aGk=\n", 0, "t:1:4: the tag !!binary has no meaning here"},
    {"a: !python/object x\nb: !!set {x}\n", 0,
	"t:1:4: the tag !python/object has no meaning here: leave it out\n"
	"t:2:4: the tag !!set has no meaning here: leave it out\n"},
    {"[a]: 1\n", 0, "t:1:1: a key must be text, got a list"},
    {"~: 1\n", 0, "t:1:1: a key must be text, got nothing"},
    {"a: \"x\\0y\"\n", 0, "t:1:4: a value cannot hold a NUL character"},
    {"a: 1\nb:\n\tc: 2\n", 0, "t:3:1: a tab cannot indent"},
    {"a: @x\n", 0, "t:1:4: a value cannot begin with '@' unless it is quoted"},
    {"\xc3\xa9: `x\n", 0, "t:1:4: a value cannot begin with '`' unless it is quoted"},
    {"a: [1\nb: 2\n", 0, "t:2:2: "},
    {"a: 1\n b: 2\n", 0, "t:2:3: mapping values are not allowed in this context"},
    {"a: \"x\n", 0, "t:2:1: found unexpected end of stream (while scanning a quoted scalar from line 1 column 4)"},
    {"a: 1\nb: \xff\n", 0, "t:2:4: not a text file in UTF-8: "},
    {"a: \0b\n", 6, "t:1:4: not a text file in UTF-8: control characters are not allowed (byte 0x00)"},
    {"\x7f" "ELF\x02\x01\x01\0\0\0", 10, "t:1:1: not a text file in UTF-8: "},
    {"\xff\xfe" "a\0:\0", 6, "t: is in UTF-16"},
    {"\xfe\xff\0a\0:", 6, "t: is in UTF-16"},
};

START_TEST(bad_documents)
{
	const struct bad *bad = &bads[_i];
	struct diagnostics *diagnostics = diagnostics_new("t");
	struct tree *tree = tree_parse("t", bad->text, bad->length > 0 ? bad->length : strlen(bad->text), diagnostics);
	char *text = findings_text(diagnostics);

	ck_assert_msg(strncmp(text, bad->findings, strlen(bad->findings)) == 0, "got %s", text);
	ck_assert_uint_gt(diagnostics_count(diagnostics, SEVERITY_ERROR), 0);
	free(text);
	tree_free(tree);
	diagnostics_free(diagnostics);
}
END_TEST

START_TEST(positions)
{
	static const char text[] = "a:\n  - x\n  - {b: 1,\n     c: 2}\n";
	struct diagnostics *diagnostics = diagnostics_new("t");
	struct tree *tree = tree_parse("t", text, strlen(text), diagnostics);
	const struct node *list = node_get(tree_root(tree), "a"), *c = node_get(list->items[1], "c");

	ck_assert_uint_eq(list->line, 2);
	ck_assert_uint_eq(list->column, 3);
	ck_assert_uint_eq(list->items[0]->column, 5);
	ck_assert_uint_eq(c->line, 4);
	ck_assert_uint_eq(c->column, 9);
	ck_assert_uint_eq(list->items[1]->keys[1]->column, 6);
	ck_assert_ptr_null(node_get(list, "c"));
	ck_assert_ptr_null(node_get(NULL, "c"));
	tree_free(tree);
	diagnostics_free(diagnostics);
}
END_TEST

/* A text of one pattern repeated, parsed: ends with an error, soon and in little memory. */
struct flood {
	const char *head, *pattern, *finding;
};

static const struct flood floods[] = {
    {"", "[", "nested deeper than 64 levels"},
    {"", "{", "nested deeper than 64 levels"},
    {"", "- ", "nested deeper than 64 levels"},
    {"", "? ", "nested deeper than 64 levels"},
    {"", "-\n", "more than 500000 values"},
    {"[", "a,", "more than 500000 values"},
    {"{", "a: b,", "more than 500000 values"},
    {"x: &x [1]\ny: [", "*x,", "the aliases up to here expand to more than 500000 values"},
    {"", "a: ", "mapping values are not allowed"},
    {"", "\"", "did not find expected <document start>"},
    {"a: \"", "b", "found unexpected end of stream"},
    {"", "&a ", "did not find expected <document start>"},
    {"", "\xff", "not a text file in UTF-8"},
    {"", "\n", "is empty"},
    {"", "# \n", "is empty"},
    {"", "---\n", "a second document"},
};

static char *
flood_text(const struct flood *flood, size_t length)
{
	size_t head = strlen(flood->head), step = strlen(flood->pattern), at = head;
	char *text = malloc(length + step);

	ck_assert_ptr_nonnull(text);
	memcpy(text, flood->head, head);
	for (; at < length; at += step)
		memcpy(text + at, flood->pattern, step);
	return text;
}

START_TEST(floods_end_soon)
{
	struct diagnostics *diagnostics = diagnostics_new("t");
	char *text = flood_text(&floods[_i], 10 * MIB), *found;
	struct timespec begin, end;
	struct tree *tree;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	tree = tree_parse("t", text, 10 * MIB, diagnostics);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	found = findings_text(diagnostics);
	ck_assert_msg(strstr(found, floods[_i].finding) != NULL, "got %s", found);
	ck_assert_ptr_null(tree);
	/* A tenth of this here; seconds would mean a quadratic cost. */
	ck_assert_int_lt(end.tv_sec - begin.tv_sec, 8);
	free(found);
	free(text);
	diagnostics_free(diagnostics);
}
END_TEST

START_TEST(alias_bomb)
{
	char text[4096] = "a: &l0 [x, x, x, x, x, x, x, x, x]\n", line[128], *found;
	struct diagnostics *diagnostics = diagnostics_new("t");

	for (int i = 1; i < 30; i++) {
		snprintf(line, sizeof(line), "k%d: &l%d [*l%d, *l%d, *l%d, *l%d, *l%d]\n", i, i, i - 1, i - 1, i - 1,
		    i - 1, i - 1);
		strcat(text, line);
	}
	ck_assert_ptr_null(tree_parse("t", text, strlen(text), diagnostics));
	found = findings_text(diagnostics);
	ck_assert_msg(strstr(found, "the aliases up to here expand to more than 500000 values") != NULL, "%s", found);
	free(found);
	diagnostics_free(diagnostics);
}
END_TEST

START_TEST(many_keys)
{
	struct diagnostics *diagnostics = diagnostics_new("t");
	size_t length, size;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);
	struct tree *tree;

	for (int i = 0; i < 100000; i++)
		fprintf(file, "k%d: v\n", i);
	fclose(file);
	length = size;
	tree = tree_parse("t", text, length, diagnostics);
	ck_assert_ptr_nonnull(tree);
	ck_assert_uint_eq(tree_root(tree)->count, 100000);
	ck_assert_str_eq(tree_root(tree)->keys[99999]->text, "k99999");
	ck_assert_ptr_nonnull(node_get(tree_root(tree), "k77777"));
	tree_free(tree);
	free(text);
	diagnostics_free(diagnostics);
}
END_TEST

/* A text cut at every byte, and with every byte changed, neither crashes nor leaks. */
START_TEST(mutations)
{
	static const char text[] =
	    "a: &x {b: 1, c: [2, \"\\u00e9\\n\"]}\nd: {<<: [*x, {e: ~}], c: |\n  x\n}\n? f\n: !!str 5\n";

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		static const char bytes[] = "\0\n\t \"'[]{}:,&*!|>-?<~\xff\xc3";
		char copy[sizeof(text)];

		for (size_t j = 0; j <= sizeof(bytes) - 1; j++) {
			struct diagnostics *diagnostics = diagnostics_new("t");
			struct tree *tree;

			memcpy(copy, text, sizeof(text));
			copy[i] = bytes[j];
			tree = tree_parse("t.json", copy, j == sizeof(bytes) - 1 ? i : sizeof(text) - 1, diagnostics);
			ck_assert(tree != NULL || diagnostics_count(diagnostics, SEVERITY_ERROR) > 0);
			tree_free(tree);
			diagnostics_free(diagnostics);
		}
	}
}
END_TEST

/* Load a path that is no configuration file, and expect this finding. */
static void
expect_load(const char *path, const char *finding)
{
	struct diagnostics *diagnostics = diagnostics_new("t");
	struct tree *tree = tree_load(path, diagnostics);
	char *found = findings_text(diagnostics);

	ck_assert_ptr_null(tree);
	ck_assert_msg(strstr(found, finding) != NULL, "got %s", found);
	free(found);
	diagnostics_free(diagnostics);
}

START_TEST(files)
{
	char directory[] = "/tmp/test_tree.XXXXXX", path[64];
	struct diagnostics *diagnostics = diagnostics_new("t");
	struct tree *tree;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	expect_load(directory, "is a directory");
	expect_load("/dev/null", "is a device");
	snprintf(path, sizeof(path), "%s/fifo", directory);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_load(path, "is a pipe");
	unlink(path);
	expect_load(path, "cannot open it: No such file or directory");
	snprintf(path, sizeof(path), "%s/file", directory);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	expect_load(path, "is empty");
	ck_assert_int_eq(ftruncate(fd, 50 * MIB), 0);
	expect_load(path, "has 52428800 bytes: the limit is 16777216");
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(write(fd, "a: [1]\n", 7), 7);
	tree = tree_load(path, diagnostics);
	ck_assert_ptr_nonnull(tree);
	ck_assert_str_eq(node_get(tree_root(tree), "a")->items[0]->text, "1");
	tree_free(tree);
	diagnostics_free(diagnostics);
	close(fd);
	unlink(path);
	rmdir(directory);
}
END_TEST

START_TEST(findings_sorted)
{
	struct diagnostics *diagnostics = diagnostics_new("f.yaml");
	char *text;

	diagnostic_add(diagnostics, SEVERITY_ERROR, 10, 2, "b", "later %d", 1);
	diagnostic_add(diagnostics, SEVERITY_WARNING, 9, 20, NULL, "\033[31mred\xc2\x9b");
	diagnostic_add(diagnostics, SEVERITY_ERROR, 9, 3, "a", "first");
	diagnostic_add(diagnostics, SEVERITY_ERROR, 10, 2, "c", "after b");
	diagnostic_add(diagnostics, SEVERITY_ERROR, 0, 0, NULL, "whole");
	text = findings_text(diagnostics);
	ck_assert_str_eq(text, "f.yaml: whole\nf.yaml:9:3: a: first\nf.yaml:9:20: warning: ?[31mred?\n"
			       "f.yaml:10:2: b: later 1\nf.yaml:10:2: c: after b\n");
	ck_assert_uint_eq(diagnostics_count(diagnostics, SEVERITY_ERROR), 4);
	ck_assert_uint_eq(diagnostics_count(diagnostics, SEVERITY_WARNING), 1);
	free(text);
	diagnostics_free(diagnostics);
}
END_TEST

START_TEST(findings_bounded)
{
	struct diagnostics *diagnostics = diagnostics_new("f");
	char *text, *long_text = malloc(MIB);

	memset(long_text, 'x', MIB - 1);
	long_text[MIB - 1] = '\0';
	for (unsigned i = 0; i < 5000; i++)
		diagnostic_add(diagnostics, SEVERITY_ERROR, i + 1, 1, NULL, "%s", i < 10 ? long_text : "short");
	text = findings_text(diagnostics);
	ck_assert_uint_eq(diagnostics_count(diagnostics, SEVERITY_ERROR), 5000);
	ck_assert_uint_lt(strlen(text), 100000);
	ck_assert_ptr_nonnull(strstr(text, "\nf: and 4000 more errors\n"));
	free(text);
	free(long_text);
	diagnostics_free(diagnostics);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tree");
	TCase *tcase = unit_case(suite, "tree");

	tcase_add_loop_test(tcase, good_documents, 0, COUNT(goods));
	tcase_add_loop_test(tcase, bad_documents, 0, COUNT(bads));
	tcase_add_test(tcase, positions);
	tcase_add_test(tcase, alias_bomb);
	tcase_add_test(tcase, many_keys);
	tcase_add_test(tcase, mutations);
	tcase_add_test(tcase, files);
	tcase_add_test(tcase, findings_sorted);
	tcase_add_test(tcase, findings_bounded);
	tcase = unit_case(suite, "floods");
	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_loop_test(tcase, floods_end_soon, 0, COUNT(floods));
	return unit_run(suite);
}
