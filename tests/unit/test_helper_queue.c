/*
 * The queue of what a helper is yet to be told: what is lost is counted in its place, what did not go out is told again.
 */
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/helper_queue.h"
#include "unit.h"

static struct helper_queue *queue;
static struct evbuffer *out;

static void
queue_setup(void)
{
	queue = helper_queue_new(20);
	out = evbuffer_new();
	ck_assert(queue != NULL && out != NULL);
}

static void
queue_teardown(void)
{
	helper_queue_free(queue);
	evbuffer_free(out);
}

static void
put(const char *text)
{
	helper_queue_add(queue, strdup(text));
}

/* What is told now; so many bytes of it go out. */
static void
expect(const char *expected, size_t sent)
{
	char text[512];

	ck_assert(monotime_before(at(1), helper_queue_tell(queue, out, at(1))));
	ck_assert_uint_lt(evbuffer_get_length(out), sizeof(text));
	text[evbuffer_copyout(out, text, sizeof(text))] = '\0';
	ck_assert_str_eq(text, expected);
	ck_assert_int_eq(evbuffer_drain(out, sent), 0);
}

static void
break_off(void)
{
	helper_queue_gone(queue, evbuffer_get_length(out));
	evbuffer_drain(out, evbuffer_get_length(out));
}

#define LOST(COUNT) "{\"type\":\"lost\",\"count\":" #COUNT "}\n"

START_TEST(counts_what_does_not_fit_in_its_place)
{
	ck_assert(!helper_queue_urgent(queue));
	put("12345678\n");
	ck_assert(helper_queue_urgent(queue));
	put("12345678\n");
	put("lost\n");
	put("a\n");
	helper_queue_add(queue, NULL);
	put("lost\n");
	ck_assert(!helper_queue_empty(queue));
	expect("12345678\n12345678\n" LOST(1) "a\n" LOST(2), 0);
	ck_assert(helper_queue_empty(queue)); /* as far as it can be told */
	ck_assert_uint_eq(helper_queue_lost(queue), 3);
}
END_TEST

START_TEST(count_stands_before_what_came_later)
{
	put("1234567890123456\n");
	put("lost\n");
	expect("1234567890123456\n" LOST(1), SIZE_MAX);
	put("b\n");
	put("lost too, too long\n");
	expect("b\n" LOST(1), SIZE_MAX);
	put("c\n");
	expect("c\n", SIZE_MAX);
	ck_assert_uint_eq(helper_queue_lost(queue), 2);
	expect("", 0);
}
END_TEST

/* However much of it went out: what did not go out whole is told again, and nothing else. */
START_TEST(tells_again_what_never_went_out)
{
	static const char whole[] = "one\n" LOST(1) "two\n" LOST(2);
	const size_t ends[] = {0, 4, strlen("one\n" LOST(1)), strlen("one\n" LOST(1) "two\n"), strlen(whole)};

	for (size_t sent = 0; sent <= strlen(whole); sent++) {
		size_t known = 0;

		queue_teardown();
		queue_setup();
		put("one\n");
		put("does not fit into it\n");
		put("two\n");
		put("does not fit into it\n");
		helper_queue_add(queue, NULL);
		expect(whole, sent);
		put("new\n");
		break_off();
		for (size_t i = 0; i < COUNT(ends); i++)
			if (ends[i] <= sent)
				known = ends[i];
		{
			char expected[256];

			snprintf(expected, sizeof(expected), "%snew\n", whole + known);
			expect(expected, SIZE_MAX);
		}
		expect("", 0);
	}
}
END_TEST

START_TEST(is_told_in_pieces)
{
	char line[1001];
	size_t total = 0;
	int count = 0;

	queue_teardown();
	queue = helper_queue_new(HELPER_QUEUE_BYTES);
	out = evbuffer_new();
	memset(line, 'x', 999);
	strcpy(line + 999, "\n");
	for (; count < 2000 && helper_queue_lost(queue) == 0; count++)
		put(line);
	ck_assert_uint_eq(helper_queue_lost(queue), 1);
	while (!helper_queue_empty(queue)) {
		helper_queue_tell(queue, out, at(1));
		ck_assert_uint_le(evbuffer_get_length(out), 66000);
		total += evbuffer_get_length(out);
		evbuffer_drain(out, SIZE_MAX);
	}
	ck_assert_uint_eq(total, (size_t)(count - 1) * 1000 + strlen(LOST(1)));
	ck_assert_uint_le(total, HELPER_QUEUE_BYTES + 100);
	helper_queue_clear(queue);
	ck_assert(helper_queue_empty(queue));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("helper_queue");
	TCase *lines = unit_case(suite, "queue");

	tcase_add_checked_fixture(lines, queue_setup, queue_teardown);
	tcase_add_test(lines, counts_what_does_not_fit_in_its_place);
	tcase_add_test(lines, count_stands_before_what_came_later);
	tcase_add_test(lines, tells_again_what_never_went_out);
	tcase_add_test(lines, is_told_in_pieces);
	return unit_run(suite);
}
