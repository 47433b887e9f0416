/*
 * Tests of targets. Touches processes, by couriers. Invariant: each test has one answer, and there are never more
 * couriers of tests than places for them.
 */
#include "tests.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../helpers/report.h"
#include "courier.h"
#include "target.h"

#define COURIERS_MAX 8
#define TESTS_MAX 2000 /* twice as many as there are targets */

struct test {
	struct tests *tests;
	int64_t id;
	size_t index;
	const struct target *target;
	struct letter *letter;
	int64_t timeout_ns;
	struct courier *courier; /* NULL: it waits for a place */
	TAILQ_ENTRY(test) others;
};

struct tests {
	struct event_base *base;
	TAILQ_HEAD(, test) all; /* in order; those on their way come first */
	unsigned couriers;
	size_t count;
};

struct tests *
tests_new(struct event_base *base)
{
	struct tests *tests = calloc(1, sizeof(*tests));

	if (tests == NULL)
		return NULL;
	tests->base = base;
	TAILQ_INIT(&tests->all);
	return tests;
}

static void
test_drop(struct test *test)
{
	TAILQ_REMOVE(&test->tests->all, test, others);
	test->tests->count--;
	letter_free(test->letter);
	free(test);
}

void
tests_free(struct tests *tests)
{
	struct test *test;

	if (tests == NULL)
		return;
	while ((test = TAILQ_FIRST(&tests->all)) != NULL) {
		if (test->courier != NULL)
			courier_free(test->courier);
		test_drop(test);
	}
	free(tests);
}

void
tests_answer(int64_t id, size_t index, const char *error)
{
	if (error == NULL)
		report_answer("test", "%lld %zu ok", (long long)id, index);
	else
		report_answer("test", "%lld %zu failed: %s", (long long)id, index, error);
}

static void tests_go(struct tests *);

static void
test_ended(void *context, enum courier_end end, const char *text)
{
	struct test *test = context;
	struct tests *tests = test->tests;

	tests->couriers--;
	tests_answer(test->id, test->index, end == COURIER_DELIVERED ? NULL : text);
	test_drop(test);
	tests_go(tests);
}

/* Begin those for which there is a place. */
static void
tests_go(struct tests *tests)
{
	char text[COURIER_REFUSAL_SIZE];
	struct test *test, *next;

	TAILQ_FOREACH_SAFE(test, &tests->all, others, next) {
		if (test->courier != NULL)
			continue;
		if (tests->couriers == COURIERS_MAX)
			return;
		test->courier = courier_send(tests->base, test->target, test->letter, test->timeout_ns, test_ended,
		    test);
		if (test->courier != NULL) {
			tests->couriers++;
			continue;
		}
		tests_answer(test->id, test->index, courier_refusal(errno, text));
		test_drop(test);
	}
}

void
tests_add(struct tests *tests, int64_t id, size_t index, const struct target *target, struct letter *letter,
    int64_t timeout_ns)
{
	bool room = tests->count < TESTS_MAX;
	struct test *test = room ? calloc(1, sizeof(*test)) : NULL;

	if (test == NULL) {
		letter_free(letter);
		tests_answer(id, index, room ? "out of memory" : "too many other tests wait for their turn");
		return;
	}
	*test = (struct test){.tests = tests, .id = id, .index = index, .target = target, .letter = letter,
	    .timeout_ns = timeout_ns};
	TAILQ_INSERT_TAIL(&tests->all, test, others);
	tests->count++;
	tests_go(tests);
}

bool
tests_running(const struct tests *tests)
{
	return !TAILQ_EMPTY(&tests->all);
}
