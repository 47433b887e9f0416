/*
 * The file of overrides: what the next start makes of it, whole, damaged or not there at all, and what becomes of a
 * command when it cannot be written. And the timer.
 */
#include "allocations.h"
#include "lives.h"

#define CHECK(NAME, NUMBER) "- {name: " NAME ", rise: 1, fall: 1, prefixes: [192.0.2." NUMBER "], drain_time: 60,\n" \
	"   args: {method: tcp, host: 127.0.0.1, port: 1}}\n"
#define BOTH "checks:\n" CHECK("a", "1") CHECK("b", "2") \
	"groups:\n- {name: g, members: [b], prefixes: [192.0.2.3]}\n"

#define DAY_NS (86400 * NS_PER_SECOND)
/* By how much a moment may be another one that went through the clock on the wall, on a busy machine. */
#define MOMENT_NS (60 * NS_PER_SECOND)

static char problem[OVERRIDES_PROBLEM_SIZE];

static void
override(struct life *life, size_t rank, const char *reason, monotime_t until)
{
	struct override made = {.kind = OVERRIDE_DISABLE, .set = monotime_now(), .until = until};

	ck_assert(override_set_texts(&made, "root", reason));
	checks_override(life->checks, rank, &made, monotime_now());
	life_say(life);
}

static enum override_kind
kind(const struct life *life, size_t rank)
{
	return checks_node(life->checks, rank)->override.kind;
}

static bool
announced(const struct life *life, unsigned number)
{
	struct table table = {0};

	ledger_each(life->ledger, table_note, &table);
	return table.attributes[number][0] != '\0';
}

static const char *
path(const char *life, const char *file)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s/%s", place, life, file);
	return text;
}

static void
file_write(const char *text)
{
	FILE *file = fopen(path("first", OVERRIDES_FILE), "w");

	ck_assert(file != NULL && fputs(text, file) != EOF && fclose(file) == 0);
}

static bool
exists(const char *file)
{
	return access(path("first", file), F_OK) == 0;
}

/* A life of which nothing is left but its directory. */
static void
directory_make(void)
{
	life_begin(&first, "first", BOTH, monotime_now());
	life_end(&first);
	warnings = 0;
}

START_TEST(killed)
{
	const monotime_t now = monotime_now(), until = monotime_add(now, DAY_NS);
	const struct override *left;

	life_begin(&first, "first", BOTH, now);
	life_event(&first, 0, PASS, now);
	life_event(&first, 1, PASS, now);
	ck_assert(announced(&first, 1) && announced(&first, 2) && announced(&first, 3));
	override(&first, 0, "a \"new\" kernel: \xe2\x82\xac", until);
	override(&first, 2, NULL, MONOTIME_NEVER);
	ck_assert(overrides_changed(first.overrides, problem));
	journal_copy(&first, "second");
	life_end(&first);
	warnings = 0;
	life_begin(&second, "second", BOTH, monotime_now());
	left = &checks_node(second.checks, 0)->override;
	ck_assert_int_eq(left->kind, OVERRIDE_DISABLE);
	ck_assert_str_eq(left->by, "root");
	ck_assert_str_eq(left->reason, "a \"new\" kernel: \xe2\x82\xac");
	ck_assert_int_le(llabs(left->until.ns - until.ns), MOMENT_NS);
	ck_assert_int_le(llabs(left->set.ns - now.ns), MOMENT_NS);
	ck_assert_int_eq(kind(&second, 1), OVERRIDE_NONE);
	ck_assert_int_eq(kind(&second, 2), OVERRIDE_DISABLE);
	ck_assert_int_eq(checks_node(second.checks, 2)->override.until.ns, MONOTIME_NEVER.ns);
	ck_assert_ptr_null(checks_node(second.checks, 2)->override.reason);
	ck_assert_int_eq(checks_node(second.checks, 0)->wish, WISH_DRAIN); /* which goes on */
	ck_assert(!announced(&second, 3));
	life_event(&second, 0, PASS, monotime_now());
	ck_assert_int_eq(checks_at(second.checks, 0)->fsm.state, FSM_DISABLED);
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* Between the command and the journal's note of what came of it, or after a stop: there is but the file. */
START_TEST(file_alone)
{
	directory_make();
	file_write("{\"exacheck_overrides\":1,\"count\":1}\n{\"name\":\"a\",\"kind\":\"drain\",\"by\":\"root\"}\n");
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_int_eq(kind(&first, 0), OVERRIDE_DRAIN);
	ck_assert_int_eq(checks_node(first.checks, 0)->wish, WISH_WITHDRAW); /* there is nothing to drain */
	life_event(&first, 0, PASS, monotime_now());
	ck_assert(!announced(&first, 1));
	ck_assert_uint_eq(warnings, 0);
	checks_release(first.checks, 0, "enabled by root", monotime_now());
	ck_assert(overrides_changed(first.overrides, problem));
	ck_assert(!exists(OVERRIDES_FILE)); /* nothing to say */
	life_event(&first, 0, PASS, monotime_now());
	ck_assert(announced(&first, 1));
}
END_TEST

#define HEAD(COUNT) "{\"exacheck_overrides\":1,\"count\":" COUNT "}\n"
#define LINE_A "{\"name\":\"a\",\"kind\":\"disable\",\"by\":\"root\"}\n"
#define LINE_B "{\"name\":\"b\",\"kind\":\"disable\",\"by\":\"root\"}\n"

static const struct {
	const char *text;
	bool a, b;
	unsigned warnings; /* and errors: what a file is told to lack, and where it is kept */
	bool damaged;
} files[] = {
	{HEAD("2") LINE_A LINE_B, true, true, 0, false},
	{HEAD("1") LINE_A LINE_A, true, false, 0, false},
	{HEAD("2") LINE_A "{\"name\":\"gone\",\"kind\":\"disable\",\"by\":\"root\"}\n", true, false, 1, false},
	{HEAD("1") "{\"name\":\"a\",\"kind\":\"disable\",\"by\":\"root\",\"until_ms\":1}\n", false, false, 0, false}, /* over */
	{HEAD("2") LINE_A, true, false, 2, true}, /* cut at the end of a line */
	{HEAD("2") LINE_A "{\"name\":\"b\",\"ki", true, false, 2, true}, /* and elsewhere */
	{HEAD("2") "\0", false, false, 2, true},
	{HEAD("2") "nonsense\n" LINE_B, false, true, 2, true},
	{HEAD("1") "{\"name\":\"a\",\"kind\":\"destroy\",\"by\":\"root\"}\n", false, false, 2, true},
	{HEAD("1") "{\"name\":\"a\",\"kind\":\"disable\"}\n", false, false, 2, true},
	{HEAD("1") "{\"name\":5,\"kind\":\"disable\",\"by\":\"root\"}\n", false, false, 2, true},
	{HEAD("1") "{\"name\":\"a\",\"kind\":\"disable\",\"by\":\"root\",\"until_ms\":\"noon\"}\n", false, false, 2, true},
	{HEAD("1") "{\"name\":\"a\",\"kind\":\"disable\",\"by\":\"root\",\"until_ms\":9223372036854775807}\n", false, false, 2,
	    true},
	{HEAD("1") "[]\n", false, false, 2, true},
	{LINE_A LINE_B, true, true, 2, true}, /* without its head */
	{"{\"exacheck_overrides\":2,\"count\":1}\n" LINE_B, false, true, 3, true},
	{"{\"exacheck_overrides\":1,\"count\":-1}\n", false, false, 3, true},
	{"", false, false, 0, false},
};

/* What can be read counts, and what is lost is told; the file says then what there is. */
START_TEST(file_by_file)
{
	directory_make();
	file_write(files[_i].text);
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_int_eq(kind(&first, 0), files[_i].a ? OVERRIDE_DISABLE : OVERRIDE_NONE);
	ck_assert_int_eq(kind(&first, 1), files[_i].b ? OVERRIDE_DISABLE : OVERRIDE_NONE);
	ck_assert_uint_eq(warnings, files[_i].warnings);
	ck_assert_int_eq(exists(OVERRIDES_FILE ".damaged"), files[_i].damaged);
	ck_assert_int_eq(exists(OVERRIDES_FILE), files[_i].a || files[_i].b);
	life_end(&first);
	warnings = 0;
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_int_eq(kind(&first, 0), files[_i].a ? OVERRIDE_DISABLE : OVERRIDE_NONE);
	ck_assert_int_eq(kind(&first, 1), files[_i].b ? OVERRIDE_DISABLE : OVERRIDE_NONE);
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* A text that is as long as it may be, of bytes at random, and many lines. */
START_TEST(noise)
{
	unsigned state = (unsigned)_i + 1;
	FILE *file;

	directory_make();
	ck_assert_ptr_nonnull(file = fopen(path("first", OVERRIDES_FILE), "w"));
	for (int i = 0; i < 20000; i++) {
		state = state * 1103515245 + 12345;
		fputc((int)(state >> 16) % (_i == 0 ? 256 : 12), file); /* or mostly ends of lines */
	}
	ck_assert_int_eq(fclose(file), 0);
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_int_eq(kind(&first, 0), OVERRIDE_NONE);
	ck_assert_uint_gt(warnings, 0);
	ck_assert_uint_le(warnings, 25); /* not one a line */
}
END_TEST

/* In its place is what cannot be replaced; it is tried again. */
START_TEST(cannot_be_written)
{
	directory_make();
	ck_assert_int_eq(mkdir(path("first", OVERRIDES_FILE), 0700), 0);
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_uint_eq(warnings, 1);
	override(&first, 0, NULL, MONOTIME_NEVER);
	problem[0] = '\0';
	ck_assert(!overrides_changed(first.overrides, problem));
	ck_assert_msg(strstr(problem, OVERRIDES_FILE) != NULL, "%s", problem);
	ck_assert(!exists(OVERRIDES_FILE ".new"));
	ck_assert_uint_eq(warnings, 2);
	ck_assert(!overrides_changed(first.overrides, problem));
	ck_assert_uint_eq(warnings, 2); /* told once */
	ck_assert_int_eq(rmdir(path("first", OVERRIDES_FILE)), 0);
	ck_assert(overrides_changed(first.overrides, problem));
	life_end(&first);
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_int_eq(kind(&first, 0), OVERRIDE_DISABLE);
}
END_TEST

/* What is in a directory that another exacheck holds is none of ours. */
START_TEST(without_the_lock)
{
	struct overrides *other;
	struct journal *journal;

	life_begin(&first, "first", BOTH, monotime_now());
	override(&first, 0, NULL, MONOTIME_NEVER);
	ck_assert(overrides_changed(first.overrides, problem));
	ck_assert_ptr_nonnull(journal = journal_new(first.base, first.directory, first.ledger, -1));
	life_begin(&second, "second", BOTH, monotime_now());
	ck_assert_ptr_nonnull(other = overrides_new(second.base, second.checks, journal, first.directory));
	warnings = 0;
	overrides_load(other, monotime_now());
	ck_assert_int_eq(kind(&second, 0), OVERRIDE_NONE);
	ck_assert_uint_eq(warnings, 1);
	ck_assert(overrides_changed(other, problem)); /* there is nothing to be lost */
	override(&second, 1, NULL, MONOTIME_NEVER);
	ck_assert(!overrides_changed(other, problem));
	overrides_free(other);
	journal_free(journal);
	life_end(&first);
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_int_eq(kind(&first, 0), OVERRIDE_DISABLE);
	ck_assert_int_eq(kind(&first, 1), OVERRIDE_NONE);
}
END_TEST

/* Whatever allocation fails, the file says the old or the new, and who asked is told which. */
START_TEST(without_memory)
{
	bool changed;

	life_begin(&first, "first", BOTH, monotime_now());
	override(&first, 0, "old", MONOTIME_NEVER);
	ck_assert(overrides_changed(first.overrides, problem));
	override(&first, 1, "new", MONOTIME_NEVER);
	allocations = _i;
	changed = overrides_changed(first.overrides, problem);
	allocations = -1;
	life_end(&first);
	life_begin(&first, "first", BOTH, monotime_now());
	ck_assert_int_eq(kind(&first, 0), OVERRIDE_DISABLE);
	ck_assert_int_eq(kind(&first, 1), changed ? OVERRIDE_DISABLE : OVERRIDE_NONE);
	ck_assert_str_eq(checks_node(first.checks, 0)->override.reason, "old");
}
END_TEST

/* And of reading it: what there is no memory for is told. */
START_TEST(read_without_memory)
{
	struct overrides *other;
	size_t overridden = 0;

	directory_make();
	file_write(HEAD("2") LINE_A LINE_B);
	life_begin(&second, "second", BOTH, monotime_now());
	ck_assert_ptr_nonnull(first.journal = journal_new(second.base, path("first", ""), second.ledger, JOURNAL_LOCK_TAKE));
	ck_assert_ptr_nonnull(other = overrides_new(second.base, second.checks, first.journal, path("first", "")));
	warnings = 0;
	allocations = _i;
	overrides_load(other, monotime_now());
	allocations = -1;
	for (size_t rank = 0; rank < 2; rank++)
		overridden += kind(&second, rank) != OVERRIDE_NONE;
	ck_assert(overridden == 2 || warnings > 0);
	overrides_free(other);
	journal_free(first.journal);
}
END_TEST

static void
loop_turn(struct life *life)
{
	event_base_loop(life->base, EVLOOP_ONCE);
}

START_TEST(time_ends)
{
	const monotime_t now = monotime_now(), late = monotime_add(now, UNIT_TIMEOUT_S * NS_PER_SECOND);

	life_begin(&first, "first", BOTH, now);
	override(&first, 0, NULL, monotime_add(now, 300 * NS_PER_MILLISECOND));
	override(&first, 1, NULL, monotime_add(now, 20 * NS_PER_MILLISECOND));
	override(&first, 2, NULL, monotime_add(now, DAY_NS));
	ck_assert(overrides_changed(first.overrides, problem));
	while (kind(&first, 1) != OVERRIDE_NONE && monotime_before(monotime_now(), late))
		loop_turn(&first);
	ck_assert_int_eq(kind(&first, 1), OVERRIDE_NONE);
	while (kind(&first, 0) != OVERRIDE_NONE && monotime_before(monotime_now(), late))
		loop_turn(&first);
	ck_assert(!monotime_before(monotime_now(), monotime_add(now, 300 * NS_PER_MILLISECOND)));
	ck_assert_int_eq(checks_at(first.checks, 0)->fsm.state, FSM_STARTUP);
	ck_assert_int_eq(kind(&first, 2), OVERRIDE_DISABLE);
	life_end(&first);
	life_begin(&first, "first", BOTH, monotime_now()); /* and the file knows */
	ck_assert_int_eq(kind(&first, 0), OVERRIDE_NONE);
	ck_assert_int_eq(kind(&first, 2), OVERRIDE_DISABLE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("overrides");
	TCase *tcase = unit_case(suite, "overrides");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, killed);
	tcase_add_test(tcase, file_alone);
	tcase_add_loop_test(tcase, file_by_file, 0, (int)COUNT(files));
	tcase_add_loop_test(tcase, noise, 0, 2);
	tcase_add_test(tcase, cannot_be_written);
	tcase_add_test(tcase, without_the_lock);
	tcase_add_loop_test(tcase, without_memory, 0, 40);
	tcase_add_loop_test(tcase, read_without_memory, 0, 40);
	tcase_add_test(tcase, time_ends);
	return unit_run(suite);
}
