/*
 * What the unit tests have in common: running a suite, and words for where a test means something. Invariant:
 * nothing here knows of any module under test but the log, which is silenced.
 */
#ifndef EXACHECK_TESTS_UNIT_H
#define EXACHECK_TESTS_UNIT_H

#include <check.h>
#include <dirent.h>
#include <stdlib.h>

#include "../../common/log.h"
#include "../../common/monotime.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* Tags of cases (tcase_set_tags) that other surroundings leave out, by CK_EXCLUDE_TAGS. */
#define UNIT_C_HEAP "c-heap" /* looks at the C library's own heap: a sanitizer and valgrind bring another */
#define UNIT_NATIVE "native" /* measures time, needs calls that valgrind lacks, or makes processes that crash */

/* How long a test may take before it counts as hanging: generous, since the machine may be busy with others. */
#define UNIT_TIMEOUT_S 120

/* How many rounds of a random test: fewer where everything takes tens of times as long (tests/valgrind/run.py). */
static inline int
unit_rounds(int rounds)
{
	return getenv("UNIT_SLOW") != NULL ? (rounds + 5) / 6 : rounds;
}

/* Every so-manyeth of cases that are much alike, where everything takes that long; else each of them. */
static inline int
unit_stride(int stride)
{
	return getenv("UNIT_SLOW") != NULL ? stride : 1;
}

/* A further case of the suite, which owns it. */
static inline TCase *
unit_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, UNIT_TIMEOUT_S);
	suite_add_tcase(suite, tcase);
	return tcase;
}

/* Run the suite and free it: what main returns. */
static inline int
unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Open descriptors of this process, and one for looking at them. */
static inline int
unit_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

static inline void
unit_log_drop(enum log_level level, const char *subject, const char *text)
{
	(void)level;
	(void)subject;
	(void)text;
}

/* What the tested code logs is not wanted in the tests' output. */
static inline void
unit_log_silence(void)
{
	log_set_sink(unit_log_drop);
}

/* A moment of virtual time. */
static inline monotime_t
at(double seconds)
{
	return (monotime_t){(int64_t)(seconds * NS_PER_SECOND)};
}

#endif
