/*
 * Lives of checks and groups with a journal of their own: two of them, one that is killed and one that goes on. Part of
 * the program that includes it.
 */
#ifndef EXACHECK_TESTS_LIVES_H
#define EXACHECK_TESTS_LIVES_H

#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../supervisor/checks.h"
#include "../../supervisor/journal.h"
#include "../../supervisor/journal_record.h"
#include "../../supervisor/loop.h"
#include "../../supervisor/node_journal.h"
#include "../../supervisor/nodes.h"
#include "../../supervisor/overrides.h"
#include "unit.h"

#define PREFIXES 6 /* 192.0.2.0 and so on */

/* One exacheck, without processes; what it says is acknowledged at once. */
struct life {
	char directory[64];
	struct event_base *base;
	struct config *config;
	struct ledger *ledger;
	struct checks *checks;
	struct journal *journal;
	struct node_journal notes;
	struct overrides *overrides;
};

static unsigned warnings;
static char place[] = "/tmp/exacheck-notes-XXXXXX";
static struct life first, second;

static inline void
count_log(enum log_level level, const char *subject, const char *line)
{
	(void)subject;
	(void)line;
	warnings += level <= LOG_LEVEL_WARNING;
}

static inline void
observe(void *context, const struct transition *transition)
{
	struct life *life = context;

	node_journal_event(&life->notes, transition);
}

static inline void
hear(void *context, const struct node_change *change)
{
	struct life *life = context;

	node_journal_change(&life->notes, change);
}

static inline struct config *
config_make(const char *text)
{
	struct diagnostics *diagnostics = diagnostics_new("a.yaml");
	struct config *config = config_parse("a.yaml", text, strlen(text), diagnostics);

	if (config == NULL)
		diagnostics_print(diagnostics, stderr);
	diagnostics_free(diagnostics);
	ck_assert_msg(config != NULL, "%s", text);
	return config;
}

/* Everything that is to be said. */
static inline void
life_say(struct life *life)
{
	struct route *route;

	while ((route = ledger_next(life->ledger, at(0))) != NULL) {
		route_sent(life->ledger, route);
		route_answer(life->ledger, route, true, NULL, at(0));
	}
}

/* As supervisor.c and reload.c do it. */
static inline void
life_begin(struct life *life, const char *name, const char *text, monotime_t now)
{
	const struct config nothing = {0};
	const struct checks_listener listener = {observe, hear, life};
	struct plan *plan;

	snprintf(life->directory, sizeof(life->directory), "%s/%s", place, name);
	life->config = config_make(text);
	ck_assert((life->base = loop_new()) != NULL && (life->ledger = ledger_new()) != NULL);
	life->journal = journal_new(life->base, life->directory, life->ledger, JOURNAL_LOCK_TAKE);
	life->checks = checks_new(life->ledger, &listener);
	ck_assert(life->journal != NULL && life->checks != NULL);
	life->overrides = overrides_new(life->base, life->checks, life->journal, life->directory);
	ck_assert_ptr_nonnull(life->overrides);
	life->notes = (struct node_journal){life->journal, life->checks};
	ck_assert(journal_load(life->journal, true));
	ck_assert_ptr_nonnull(plan = plan_new(&nothing, life->config));
	ck_assert(checks_prepare(life->checks, plan, life->config));
	checks_commit(life->checks, now);
	plan_free(plan);
	node_journal_restore(life->journal, life->checks, now);
	overrides_load(life->overrides, now);
	node_journal_begin(&life->notes);
	journal_begin(life->journal, ledger_settle(life->ledger));
	life_say(life);
}

/* Its files stay as they are. */
static inline void
life_end(struct life *life)
{
	if (life->base == NULL)
		return;
	overrides_free(life->overrides);
	journal_free(life->journal);
	ledger_free(life->ledger);
	checks_free(life->checks);
	config_free(life->config);
	event_base_free(life->base);
	life->base = NULL;
}

static inline void
files_remove(const char *name)
{
	static const char *const files[] = {"journal", "journal.new", "lock", "overrides", "overrides.new",
		"overrides.damaged"};
	char path[128];

	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", place, name, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/%s", place, name);
	rmdir(path);
}

/* Returns whether there is one. */
static inline bool
file_copy(const struct life *from, const char *name, const char *file)
{
	char path[128], bytes[1 << 16];
	int fd;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/%s", from->directory, file);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	ck_assert_int_gt(length = read(fd, bytes, sizeof(bytes)), 0);
	ck_assert_int_lt(length, (ssize_t)sizeof(bytes));
	close(fd);
	snprintf(path, sizeof(path), "%s/%s/%s", place, name, file);
	ck_assert_int_ne(fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), -1);
	ck_assert_int_eq(write(fd, bytes, (size_t)length), length);
	close(fd);
	return true;
}

/* Kill `from`: what it leaves is what `name` begins with. */
static inline void
journal_copy(const struct life *from, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", place, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(file_copy(from, name, "journal"));
	file_copy(from, name, OVERRIDES_FILE);
}

static inline void
lives_end(void)
{
	life_end(&first);
	life_end(&second);
	files_remove("first");
	files_remove("second");
}

static inline void
setup(void)
{
	log_set_sink(count_log);
	warnings = 0;
	strcpy(strrchr(place, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
}

static inline void
teardown(void)
{
	lives_end();
	ck_assert_int_eq(rmdir(place), 0);
}

enum kind { PASS, FAIL, DISABLE, ENABLE };

static inline void
life_event(struct life *life, size_t rank, enum kind kind, monotime_t now)
{
	struct check *check = checks_at(life->checks, rank);
	struct result result;

	if (kind == PASS)
		result_pass(&result, "yes");
	else
		result_fail(&result, REASON_TIMEOUT, "no");
	if (kind == PASS || kind == FAIL)
		check_result(check, &result, 1, now);
	else
		check_disabled(check, kind == DISABLE, now);
	life_say(life);
}

/* An operator's command. */
static inline void
life_override(struct life *life, size_t rank, bool overridden, monotime_t now)
{
	struct override override = {.kind = OVERRIDE_DISABLE, .set = now, .until = MONOTIME_NEVER};
	char problem[OVERRIDES_PROBLEM_SIZE];

	if (overridden) {
		ck_assert(override_set_texts(&override, "root", NULL));
		checks_override(life->checks, rank, &override, now);
	} else
		checks_release(life->checks, rank, "enabled by root", now);
	ck_assert(overrides_changed(life->overrides, problem));
	life_say(life);
}

static inline void
life_turn(struct life *life, monotime_t now)
{
	checks_turn(life->checks, now);
	life_say(life);
}

struct table {
	char attributes[PREFIXES][128];
};

static inline void
table_note(void *context, const struct route *route)
{
	struct table *table = context;
	const char *attributes;

	if (route_kept(route, &attributes) == ROUTE_ANNOUNCED)
		strcpy(table->attributes[route_key(route)->prefix.address.bytes[3]], attributes);
}

#endif
