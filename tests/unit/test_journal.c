/*
 * The journal's file, which grows, is removed, cannot be written, or belongs to another process.
 */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../supervisor/journal.h"
#include "../../supervisor/journal_record.h"
#include "../../supervisor/lock.h"
#include "../../supervisor/loop.h"
#include "routes.h"
#include "unit.h"

#define ATTRIBUTES "next-hop self med 5 community [ 65000:1 ]"

static char directory[64], path[96];
static struct event_base *base;
static struct ledger *ledger;
static struct journal *journal;
static unsigned warnings, infos;

static void
count_log(enum log_level level, const char *subject, const char *line)
{
	(void)subject;
	(void)line;
	warnings += level <= LOG_LEVEL_WARNING;
	infos += level == LOG_LEVEL_INFO;
}

/* A process of ours with an empty ledger and what is in the directory. */
static void
life_begin(void)
{
	ledger = ledger_new();
	base = loop_new();
	ck_assert(ledger != NULL && base != NULL);
	journal = journal_new(base, directory, ledger, JOURNAL_LOCK_TAKE);
	ck_assert_ptr_nonnull(journal);
	ck_assert(journal_load(journal, true));
}

static void
life_claimed(void)
{
	journal_begin(journal, ledger_settle(ledger));
}

/* killed: the files stay as they are. */
static void
life_end(bool killed)
{
	char copy[128];

	snprintf(copy, sizeof(copy), "%s/copy", directory);
	if (killed)
		ck_assert(link(path, copy) == 0 || errno == ENOENT);
	journal_free(journal);
	if (killed && rename(copy, path) == 0)
		unlink(copy); /* two links of one file: rename did nothing */
	ledger_free(ledger);
	event_base_free(base);
	journal = NULL;
	ledger = NULL;
	base = NULL;
}

static void
setup(void)
{
	strcpy(directory, "/tmp/exacheck-journal-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	strcat(directory, "/run");
	snprintf(path, sizeof(path), "%s/journal", directory);
	warnings = infos = 0;
	log_set_sink(count_log);
}

static void
remove_files(void)
{
	static const char *const names[] = {"journal", "journal.new", "lock", "copy"};
	char name[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(name, sizeof(name), "%s/%s", directory, names[i]);
		unlink(name);
		rmdir(name);
	}
	rmdir(directory);
}

static void
teardown(void)
{
	if (journal != NULL)
		life_end(false);
	remove_files();
	*strrchr(directory, '/') = '\0';
	ck_assert_int_eq(rmdir(directory), 0);
}

static void
announce(const char *prefix)
{
	struct route_key route = key(prefix, NULL);

	ck_assert(ledger_announce(ledger, &route, 1, 0, ATTRIBUTES));
}

static void
claim(const char *prefix)
{
	struct route_key route = key(prefix, NULL);

	ck_assert(ledger_claim(ledger, &route, 1, 0));
}

/* Say everything, answered or not; returns how many commands. */
static unsigned
say(bool answered)
{
	struct route *route;
	unsigned count = 0;

	for (; (route = ledger_next(ledger, at(0))) != NULL; count++) {
		route_sent(ledger, route);
		if (answered)
			route_answer(ledger, route, true, NULL, at(0));
	}
	return count;
}

/* The records of the file as a successor would take them; "invalid". */
static const char *
content(void)
{
	static char text[8192];
	char bytes[65536], boot[40];
	struct journal_header header;
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
	struct journal_record *records;
	const char *reason;
	size_t length, count, used = 0;

	ck_assert(file != NULL && fscanf(file, "%39s", boot) == 1);
	fclose(file);
	if ((file = fopen(path, "r")) == NULL)
		return "none";
	length = fread(bytes, 1, sizeof(bytes) - 1, file);
	fclose(file);
	bytes[length] = '\0';
	text[0] = '\0';
	if (journal_decode(bytes, length, boot, &header, &records, &count, &reason) != JOURNAL_VALID)
		return "invalid";
	for (size_t i = 0; i < count && records[i].kind != JOURNAL_NOTE; i++)
		used += journal_record_encode(records[i].kind, &records[i].key, NULL, text + used, sizeof(text) - used);
	free(records);
	return text;
}

START_TEST(a_life_and_the_next)
{
	life_begin();
	claim("192.0.2.1/32");
	claim("192.0.2.2/32");
	life_claimed();
	ck_assert_str_eq(content(), "");
	ck_assert_uint_eq(say(true), 2);
	ck_assert_str_eq(content(), "");
	announce("192.0.2.1/32");
	announce("192.0.2.2/32");
	ck_assert_uint_eq(say(false), 2);
	ck_assert_str_eq(content(), "A 192.0.2.1/32 - -\nA 192.0.2.2/32 - -\n");
	life_end(true);
	ck_assert_str_eq(content(), "A 192.0.2.1/32 - -\nA 192.0.2.2/32 - -\n");
	/* The second is no longer configured, the third is new. */
	life_begin();
	claim("192.0.2.1/32");
	claim("192.0.2.3/32");
	life_claimed();
	ck_assert_uint_eq(say(true), 2);
	ck_assert_str_eq(content(), "A 192.0.2.1/32 - -\n");
	ledger_withdraw_all(ledger);
	ck_assert_uint_eq(say(true), 1);
	life_end(false);
	ck_assert_str_eq(content(), "none");
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* What could not be withdrawn stays for the next one, whose business it is at once. */
START_TEST(unanswered_withdraws_stay)
{
	life_begin();
	announce("192.0.2.1/32");
	life_claimed();
	say(true);
	ledger_withdraw_all(ledger);
	say(false);
	life_end(false);
	ck_assert_str_eq(content(), "W 192.0.2.1/32 - -\n");
	life_begin();
	life_claimed();
	ck_assert_uint_eq(say(true), 1);
	life_end(false);
	ck_assert_str_eq(content(), "none");
}
END_TEST

START_TEST(a_bad_journal_is_ignored)
{
	FILE *file;

	life_begin();
	announce("192.0.2.1/32");
	life_claimed();
	say(true);
	life_end(true);
	ck_assert_int_eq(truncate(path, 200), 0);
	life_begin();
	ck_assert_uint_eq(warnings, 1);
	claim("192.0.2.1/32");
	life_claimed();
	ck_assert_uint_eq(say(true), 1); /* withdrawn first */
	ck_assert_str_eq(content(), "");
	life_end(false);
	/* A directory, and a link to elsewhere. */
	ck_assert_int_eq(mkdir(path, 0700), 0);
	life_begin();
	ck_assert_uint_eq(warnings, 2);
	life_claimed();
	ck_assert_uint_gt(warnings, 2);
	life_end(false);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("lock", path), 0);
	warnings = 0;
	life_begin();
	ck_assert_uint_eq(warnings, 1);
	life_claimed();
	ck_assert_str_eq(content(), "");
	life_end(false);
	ck_assert_ptr_nonnull(file = fopen(path, "w"));
	fclose(file);
	warnings = 0;
	life_begin(); /* empty */
	ck_assert_uint_eq(warnings, 1);
}
END_TEST

START_TEST(size_is_bounded)
{
	off_t most = 0;
	struct stat st;

	life_begin();
	claim("192.0.2.1/32");
	life_claimed();
	for (int i = 0; i < 20000; i++) {
		struct route_key route = key("192.0.2.1/32", NULL);

		if (i % 2 == 0)
			announce("192.0.2.1/32");
		else
			ck_assert(ledger_withdraw(ledger, &route, 1, 0));
		ck_assert_uint_eq(say(true), 1);
		ck_assert_int_eq(stat(path, &st), 0);
		most = st.st_size > most ? st.st_size : most;
	}
	ck_assert_int_lt(most, 128 * 1024);
	ck_assert_int_gt(most, 16 * 1024);
	announce("192.0.2.1/32");
	say(true);
	ck_assert_str_eq(content(), "A 192.0.2.1/32 - -\n");
}
END_TEST

/* Where it cannot be written anew it does not grow for ever: the next life would not read it. */
START_TEST(size_is_bounded_without_room)
{
	enum { LONG = 8000, MOST = 64 * 1024 * 1024 };
	static char attributes[LONG + 1];
	struct route_key route = key("192.0.2.1/32", NULL);
	char obstacle[128];
	struct stat st;

	life_begin();
	life_claimed();
	snprintf(obstacle, sizeof(obstacle), "%s/journal.new", directory);
	ck_assert_int_eq(mkdir(obstacle, 0700), 0);
	memset(attributes, '1', LONG);
	for (int i = 0; i < MOST / LONG + 100; i++) {
		attributes[0] = (char)('1' + i % 2);
		ck_assert(ledger_announce(ledger, &route, 1, 0, attributes));
		ck_assert_uint_eq(say(true), 1);
	}
	ck_assert(stat(path, &st) != 0 || st.st_size <= MOST);
	ck_assert_uint_eq(warnings, 1);
}
END_TEST

/* It is made again at the next command, with the lock. */
START_TEST(directory_removed)
{
	int lock;

	life_begin();
	announce("192.0.2.1/32");
	life_claimed();
	say(true);
	lock = journal_lock(journal);
	remove_files();
	ck_assert(!lock_in_place(lock, directory));
	announce("192.0.2.2/32");
	say(true);
	ck_assert_str_eq(content(), "A 192.0.2.1/32 - -\nA 192.0.2.2/32 - -\n");
	ck_assert(lock_in_place(journal_lock(journal), directory));
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* Without room the journal goes, before the command that it cannot name does. */
START_TEST(no_room)
{
	struct rlimit limit, old;
	struct stat st;

	life_begin();
	announce("192.0.2.1/32");
	life_claimed();
	say(true);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = (struct rlimit){(rlim_t)st.st_size + 5, old.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	announce("192.0.2.2/32");
	ck_assert_uint_eq(say(true), 1);
	ck_assert_str_eq(content(), "none");
	ck_assert_uint_eq(warnings, 1);
	announce("192.0.2.3/32");
	ck_assert_uint_eq(say(true), 1);
	ck_assert_uint_eq(warnings, 1);
	life_end(false);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_str_eq(content(), "none");
}
END_TEST

static void
notes_write(void *context, struct journal_draft *draft)
{
	const char *const *text = context;

	journal_draft_note(draft, &(struct journal_note){"one", *text});
	journal_draft_note(draft, &(struct journal_note){"other", "of another kind"});
}

/* The journal's notes, as the next life finds them. */
static void
expect_notes(const char *one, const char *other)
{
	life_end(true);
	life_begin();
	ck_assert_pstr_eq(journal_noted(journal, "one"), one);
	ck_assert_pstr_eq(journal_noted(journal, "other"), other);
	ck_assert_ptr_null(journal_noted(journal, "third"));
	life_claimed();
	ck_assert_ptr_null(journal_noted(journal, "one"));
}

START_TEST(notes_of_a_life)
{
	const char *text = "first";

	life_begin();
	announce("192.0.2.1/32");
	journal_note(journal, &(struct journal_note){"one", "too early"});
	journal_keep_notes(journal, notes_write, &text);
	life_claimed();
	say(true);
	expect_notes("first", "of another kind");
	journal_keep_notes(journal, notes_write, &text);
	journal_note(journal, &(struct journal_note){"one", "second"});
	expect_notes("second", "of another kind");
	expect_notes(NULL, NULL); /* nobody kept them */
	journal_keep_notes(journal, notes_write, &text);
	text = "third";
	journal_renew(journal);
	expect_notes("third", "of another kind");
	/* They keep the file, until nobody wants them any more. */
	journal_keep_notes(journal, notes_write, &text);
	ck_assert_uint_eq(say(true), 1);
	life_end(false);
	ck_assert_str_eq(content(), "");
	life_begin();
	life_claimed();
	journal_keep_notes(journal, notes_write, &text);
	journal_keep_notes(journal, NULL, NULL);
	journal_note(journal, &(struct journal_note){"one", "too late"});
	life_end(false);
	ck_assert_str_eq(content(), "none");
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

/* A note for which there is no room costs nothing but itself. */
START_TEST(no_room_for_a_note)
{
	const char *text = "a text";
	struct rlimit limit, old;
	struct stat st;

	life_begin();
	announce("192.0.2.1/32");
	life_claimed();
	journal_keep_notes(journal, notes_write, &text);
	say(true);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = (struct rlimit){(rlim_t)st.st_size + 5, old.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	journal_note(journal, &(struct journal_note){"one", "another text"});
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq((rlim_t)st.st_size, limit.rlim_cur - 5); /* nor is half of it left */
	ck_assert_uint_eq(warnings, 0);
	/* Written anew, what is announced comes first. */
	limit.rlim_cur = (rlim_t)st.st_size - 1;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	journal_renew(journal);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	expect_notes(NULL, NULL);
	ck_assert_str_eq(content(), "A 192.0.2.1/32 - -\n");
	ck_assert_uint_eq(warnings, 0);
}
END_TEST

START_TEST(directory_cannot_be_made)
{
	FILE *file = fopen(directory, "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
	life_begin();
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(journal_lock(journal), -1);
	claim("192.0.2.1/32");
	life_claimed();
	ck_assert_uint_eq(say(true), 1);
	life_end(false);
	ck_assert_uint_eq(warnings, 1);
	unlink(directory);
}
END_TEST

/* A process that holds the lock until its end; returns its pid. */
static pid_t
other_process(unsigned life_ms)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		byte = lock_take(directory, 0) != -1;
		life_ms = write(ready[1], &byte, 1) == 1 ? life_ms : 0;
		usleep(life_ms * 1000);
		close_range(3, ~0U, 0); /* what it inherited is no leak of its own */
		_exit(life_ms != 0 ? 0 : 1);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(byte, 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

START_TEST(lock_of_another)
{
	pid_t pid = other_process(60000);

	ck_assert_int_eq(lock_take(directory, 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(lock_holder(directory), pid);
	life_begin(); /* waits, and goes on without */
	ck_assert_uint_eq(warnings, 1);
	announce("192.0.2.1/32");
	life_claimed();
	ck_assert_uint_eq(say(true), 1);
	ck_assert_str_eq(content(), "none");
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(lock_holder(directory), 0);
}
END_TEST

START_TEST(lock_of_a_predecessor_that_ends)
{
	pid_t pid = other_process(200);
	int lock = lock_take(directory, 30 * NS_PER_SECOND);

	ck_assert_int_ne(lock, -1);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(lock);
	ck_assert_int_eq(lock_holder("/nonexistent"), 0);
	ck_assert_int_eq(lock_take("/nonexistent/run", 0), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* ExaBGP's umask takes away the right to enter a directory. */
START_TEST(directory_under_a_narrow_umask)
{
	mode_t mask = umask(0137);
	struct stat st;

	life_begin();
	life_claimed();
	umask(mask);
	ck_assert_int_eq(stat(directory, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

/* Whoever can read the lock's file can lock it. */
START_TEST(lock_is_nobody_elses)
{
	mode_t mask = umask(0);
	char lock[sizeof(directory) + 8];
	struct stat st;

	life_begin();
	umask(mask);
	snprintf(lock, sizeof(lock), "%s/lock", directory);
	ck_assert_int_eq(stat(lock, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("journal");
	TCase *tcase = unit_case(suite, "file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_life_and_the_next);
	tcase_add_test(tcase, unanswered_withdraws_stay);
	tcase_add_test(tcase, a_bad_journal_is_ignored);
	tcase_add_test(tcase, size_is_bounded);
	tcase_add_test(tcase, size_is_bounded_without_room);
	tcase_add_test(tcase, directory_removed);
	tcase_add_test(tcase, no_room);
	tcase_add_test(tcase, notes_of_a_life);
	tcase_add_test(tcase, no_room_for_a_note);
	tcase_add_test(tcase, directory_cannot_be_made);
	tcase_add_test(tcase, lock_of_another);
	tcase_add_test(tcase, lock_of_a_predecessor_that_ends);
	tcase_add_test(tcase, directory_under_a_narrow_umask);
	tcase_add_test(tcase, lock_is_nobody_elses);
	return unit_run(suite);
}
