/*
 * Helpers that finish while another program is in exacheck's place: it knows them, and none of them outlives its time.
 */
#include <bsd/string.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../supervisor/helper.h"
#include "../../supervisor/loop.h"
#include "unit.h"

static struct event_base *base;
static struct identity identity;
static char logged[256];

static bool
have_no_setup(void *context, char **line)
{
	(void)context;
	*line = NULL;
	return true;
}

static const struct helper_kind kind = {.name = "exacheck-log", .events = true, .setup = have_no_setup};

static void
keep_log(enum log_level level, const char *subject, const char *text)
{
	(void)level;
	(void)subject;
	strlcpy(logged, text, sizeof(logged));
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(base = loop_new());
}

static void
teardown(void)
{
	event_base_free(base);
}

static struct helper *
helper_made(void)
{
	struct helper *helper = helper_new(base, &kind, &identity, NULL, NULL);

	ck_assert_ptr_nonnull(helper);
	return helper;
}

static pid_t
child_made(void)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void
load(struct helper *helper, const char *name, pid_t pid)
{
	json_t *map = json_pack("{ss si}", "name", name, "pid", (int)pid);

	helper_load(helper, map);
	json_decref(map);
}

/* What a helper saves is what the next one's loads. */
static void
pass_on(const struct helper *from, struct helper *to)
{
	FILE *file = tmpfile();
	char line[256];
	json_t *map;

	ck_assert(file != NULL && helper_save(from, file));
	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		ck_assert_ptr_nonnull(map = json_loads(line, 0, NULL));
		helper_load(to, json_object_get(map, "helper"));
		json_decref(map);
	}
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(known_to_the_next_program)
{
	struct helper *first = helper_made(), *next = helper_made();
	pid_t one = child_made(), two = child_made();

	load(first, "exacheck-log", one);
	load(first, "exacheck-log", two);
	pass_on(first, next);
	ck_assert(helper_reaped(next, one, 0) && helper_reaped(next, two, 0) && !helper_reaped(next, two, 0));
	helper_free(first);
	helper_free(next);
	ck_assert(waitpid(one, NULL, 0) == one && waitpid(two, NULL, 0) == two);
}
END_TEST

/* Another program's, one that is no child of ours: neither is touched. */
START_TEST(nobody_else)
{
	struct helper *helper = helper_made();
	pid_t child = child_made();

	load(helper, "exacheck-notify", child);
	load(helper, "exacheck-log", getppid());
	load(helper, "exacheck-log", 0);
	load(helper, "exacheck-log", -1);
	ck_assert(!helper_reaped(helper, child, 0) && !helper_reaped(helper, getppid(), 0));
	helper_free(helper);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* There is an end to how many finish at a time. */
START_TEST(too_many)
{
	struct helper *helper = helper_made();
	pid_t children[5];
	int status;

	log_set_sink(keep_log);
	for (size_t i = 0; i < sizeof(children) / sizeof(children[0]); i++) {
		children[i] = child_made();
		load(helper, "exacheck-log", children[i]);
	}
	ck_assert(strstr(logged, "what it had not finished is lost") != NULL);
	ck_assert_int_eq(waitpid(children[4], &status, 0), children[4]);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	helper_free(helper);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(waitpid(children[i], NULL, 0), children[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("helper_former");
	TCase *tcase = unit_case(suite, "former");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, known_to_the_next_program);
	tcase_add_test(tcase, nobody_else);
	tcase_add_test(tcase, too_many);
	return unit_run(suite);
}
