/*
 * The journal: its text, cut off and damaged at every byte, and its file, which grows, is removed, cannot be written,
 * or belongs to another process.
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
#include <zlib.h>

#include "../../supervisor/journal.h"
#include "../../supervisor/journal_record.h"
#include "../../supervisor/lock.h"
#include "../../supervisor/loop.h"
#include "routes.h"
#include "unit.h"

#define BOOT "0a1b2c3d-0000-4000-8000-123456789abc"
#define ATTRIBUTES "next-hop self med 5 community [ 65000:1 ]"

static struct route_key
key_with_path(const char *prefix, const char *neighbor, uint32_t path_id)
{
	struct route_key made = key(prefix, neighbor);

	made.has_path_id = true;
	made.path_id = path_id;
	return made;
}

/* Text. */

/* A journal in memory. */
struct sample {
	size_t length;
	char bytes[8192];
};

static void
sample_add(struct sample *sample, enum journal_kind kind, struct route_key route)
{
	size_t length = journal_record_encode(kind, &route, kind == JOURNAL_ANNOUNCE ? ATTRIBUTES : NULL,
	    sample->bytes + sample->length, sizeof(sample->bytes) - sample->length);

	ck_assert_uint_gt(length, 0);
	sample->length += length;
}

static void
sample_head(struct sample *sample, uint64_t records, size_t length)
{
	struct journal_header header = {.identity = {BOOT, 4711, 815}, .records = records,
	    .crc = (uint32_t)crc32_z(0, (const unsigned char *)sample->bytes + JOURNAL_HEADER_SIZE,
		length - JOURNAL_HEADER_SIZE)};

	journal_header_encode(&header, sample->bytes);
}

static void
sample_make(struct sample *sample)
{
	sample->length = JOURNAL_HEADER_SIZE;
	sample_add(sample, JOURNAL_ANNOUNCE, key("192.0.2.1/32", NULL));
	sample_add(sample, JOURNAL_ANNOUNCE, key("192.0.2.1/32", "10.0.0.1"));
	sample_add(sample, JOURNAL_ANNOUNCE, key_with_path("2001:db8::/48", "2001:db8::7", 0));
	sample_add(sample, JOURNAL_WITHDRAW, key("192.0.2.1/32", NULL));
	sample_add(sample, JOURNAL_WITHDRAW, key("192.0.2.3/32", NULL));
	sample_add(sample, JOURNAL_DONE, key("192.0.2.3/32", NULL));
	sample_add(sample, JOURNAL_ANNOUNCE, key_with_path("192.0.2.4/32", NULL, 4294967295));
	sample_head(sample, 7, sample->length);
}

/* Decodes a copy of exactly this size, so that a read beyond it is found by the sanitizers. */
static enum journal_state
decode(const char *bytes, size_t length, struct journal_header *header, size_t *count, char *text, size_t size)
{
	char *copy = malloc(length + 1);
	struct journal_record *records;
	enum journal_state state;
	const char *reason;
	size_t used = 0;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	state = journal_decode(copy, length, BOOT, header, &records, count, &reason);
	ck_assert((state == JOURNAL_VALID) == (records != NULL));
	ck_assert(state != JOURNAL_INVALID || reason != NULL);
	*text = '\0';
	for (size_t i = 0; state == JOURNAL_VALID && i < *count && used < size; i++)
		used += journal_record_encode(records[i].kind, &records[i].key, records[i].attributes, text + used,
		    size - used);
	free(records);
	free(copy);
	return state;
}

START_TEST(last_record_of_a_route_counts)
{
	struct journal_header header;
	struct sample sample;
	char text[4096];
	size_t count;

	sample_make(&sample);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_str_eq(text, "W 192.0.2.1/32 - -\n"
			       "A 192.0.2.1/32 - 10.0.0.1 " ATTRIBUTES "\n"
			       "A 192.0.2.4/32 4294967295 - " ATTRIBUTES "\n"
			       "A 2001:db8::/48 0 2001:db8::7 " ATTRIBUTES "\n");
	ck_assert_uint_eq(count, 4);
	ck_assert_int_eq(header.identity.parent, 4711);
	ck_assert_uint_eq(header.identity.parent_start, 815);
}
END_TEST

START_TEST(longest_header)
{
	struct journal_header header = {.identity = {BOOT "xyz", INT64_MIN, UINT64_MAX}, .records = UINT64_MAX,
	    .crc = UINT32_MAX}, again;
	char text[JOURNAL_HEADER_SIZE];

	journal_header_encode(&header, text);
	ck_assert_int_eq(text[JOURNAL_HEADER_SIZE - 1], '\n');
	ck_assert(journal_header_decode(text, &again));
	ck_assert_uint_eq(again.records, UINT64_MAX);
	ck_assert_int_eq(again.identity.parent, INT64_MIN);
}
END_TEST

/* Its writer ended after a record and before the header: one more counts, two are none. */
START_TEST(one_record_more_than_counted)
{
	struct journal_header header;
	struct sample sample = {.length = JOURNAL_HEADER_SIZE};
	size_t count, one;
	char text[4096];

	sample_add(&sample, JOURNAL_ANNOUNCE, key("192.0.2.1/32", NULL));
	sample_head(&sample, 0, JOURNAL_HEADER_SIZE);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_uint_eq(count, 1);
	one = sample.length;
	sample_add(&sample, JOURNAL_DONE, key("192.0.2.1/32", NULL));
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_INVALID);
	sample_head(&sample, 1, one);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(empty_journal)
{
	struct journal_header header;
	struct sample sample = {.length = JOURNAL_HEADER_SIZE};
	size_t count;
	char text[64];

	sample_head(&sample, 0, sample.length);
	ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_VALID);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(other_boot)
{
	struct journal_record *records;
	struct journal_header header;
	struct sample sample;
	const char *reason;
	size_t count;

	sample_make(&sample);
	sample.bytes[sample.length] = '\0';
	ck_assert_int_eq(journal_decode(sample.bytes, sample.length, "other", &header, &records, &count, &reason),
	    JOURNAL_OTHER_BOOT);
	ck_assert_ptr_null(records);
}
END_TEST

/* Cut off before the end of what the header counts: invalid. A last record that it does not count may be whole or not. */
START_TEST(cut_off_at_every_byte)
{
	struct journal_header header;
	struct sample sample;
	size_t count, counted;
	char text[4096];

	sample_make(&sample);
	counted = sample.length;
	for (size_t length = 0; length < sample.length; length++)
		ck_assert_int_eq(decode(sample.bytes, length, &header, &count, text, sizeof(text)), JOURNAL_INVALID);
	/* The same with one record more. */
	sample_add(&sample, JOURNAL_WITHDRAW, key("192.0.2.9/32", NULL));
	for (size_t length = 0; length <= sample.length; length++)
		ck_assert_int_eq(decode(sample.bytes, length, &header, &count, text, sizeof(text)),
		    length < counted ? JOURNAL_INVALID : JOURNAL_VALID);
}
END_TEST

/* One wrong byte, of whatever value, anywhere. */
START_TEST(damaged_at_every_byte)
{
	static const unsigned char changes[] = {0x01, 0x20, 0x80, 0xff};
	struct journal_header header;
	struct sample sample;
	size_t count;
	char text[4096];

	sample_make(&sample);
	for (size_t i = 0; i < sample.length; i++)
		for (size_t j = 0; j < COUNT(changes); j++) {
			sample.bytes[i] ^= (char)changes[j];
			ck_assert_msg(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)) != JOURNAL_VALID,
			    "byte %zu", i);
			sample.bytes[i] ^= (char)changes[j];
		}
}
END_TEST

START_TEST(noise)
{
	struct journal_header header;
	struct sample sample;
	unsigned seed = 1;
	size_t count;
	char text[4096];

	for (int run = 0; run < 2000; run++) {
		sample_make(&sample);
		/* All of it, or all behind the header. */
		for (size_t i = run % 2 != 0 ? 0 : JOURNAL_HEADER_SIZE; i < sample.length; i++)
			sample.bytes[i] = (char)rand_r(&seed);
		ck_assert_int_eq(decode(sample.bytes, sample.length, &header, &count, text, sizeof(text)), JOURNAL_INVALID);
	}
}
END_TEST

/* Lines that a header with the right checksum might vouch for, and that are not what exacheck writes. */
START_TEST(records_that_are_none)
{
	static const char *const lines[] = {"", "A", "A 192.0.2.1/32", "A 192.0.2.1/32 - -", "A 192.0.2.1/32 - - ",
	    "A 192.0.2.1 - - next-hop self", "A 192.0.2.1/24 - - next-hop self", "A 192.0.2.1/32 01 - next-hop self",
	    "A 192.0.2.1/32 4294967296 - next-hop self", "A 192.0.2.1/32 -1 - next-hop self",
	    "A 192.0.2.1/32 - neighbor next-hop self", "A 192.0.2.1/32 - 10.0.0.01 next-hop self",
	    "A 192.0.2.1/32 - 2001:DB8::1 next-hop self", "A 192.0.2.1/32 - - next-hop self shutdown",
	    "A 192.0.2.1/32 - - next-hop self ", "A 192.0.2.1/32 - - next-hop  self", "X 192.0.2.1/32 - -",
	    "AA 192.0.2.1/32 - - next-hop self", "W 192.0.2.1/32 - - next-hop self", "W 192.0.2.1/32 - - ",
	    "D 192.0.2.1/32 -", " W 192.0.2.1/32 - -", "W 192.0.2.1/32 - -\r"};
	struct journal_record record;
	char line[256];

	for (size_t i = 0; i < COUNT(lines); i++) {
		strcpy(line, lines[i]);
		ck_assert_msg(!journal_record_decode(line, strlen(line), &record), "\"%s\"", lines[i]);
	}
	strcpy(line, "A 192.0.2.1/32 - - " ATTRIBUTES);
	ck_assert(journal_record_decode(line, strlen(line), &record));
	ck_assert_str_eq(record.attributes, ATTRIBUTES);
}
END_TEST

/* File. */

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
	ck_assert(journal_load(journal));
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
	for (size_t i = 0; i < count; i++)
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
		_exit(write(ready[1], &byte, 1) == 1 && usleep(life_ms * 1000) == 0 ? 0 : 1);
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

int
main(void)
{
	Suite *suite = suite_create("journal");
	TCase *text = unit_case(suite, "text"), *file = unit_case(suite, "file");

	tcase_add_test(text, last_record_of_a_route_counts);
	tcase_add_test(text, longest_header);
	tcase_add_test(text, one_record_more_than_counted);
	tcase_add_test(text, empty_journal);
	tcase_add_test(text, other_boot);
	tcase_add_test(text, cut_off_at_every_byte);
	tcase_add_test(text, damaged_at_every_byte);
	tcase_add_test(text, noise);
	tcase_add_test(text, records_that_are_none);
	tcase_set_timeout(file, 60);
	tcase_add_checked_fixture(file, setup, teardown);
	tcase_add_test(file, a_life_and_the_next);
	tcase_add_test(file, unanswered_withdraws_stay);
	tcase_add_test(file, a_bad_journal_is_ignored);
	tcase_add_test(file, size_is_bounded);
	tcase_add_test(file, directory_removed);
	tcase_add_test(file, no_room);
	tcase_add_test(file, directory_cannot_be_made);
	tcase_add_test(file, lock_of_another);
	tcase_add_test(file, lock_of_a_predecessor_that_ends);
	tcase_add_test(file, directory_under_a_narrow_umask);
	return unit_run(suite);
}
