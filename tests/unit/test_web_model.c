/*
 * exacheck-web's own: the model and its numbers, the first line, lines out of a stream, counted bodies.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../supervisor/web/body.h"
#include "../../supervisor/helpers/intake.h"
#include "../../supervisor/web/model.h"
#include "../../supervisor/web/setup.h"
#include "unit.h"

#define ORDER "{\"type\":\"order\",\"names\":[{\"name\":\"a\",\"group\":false},{\"name\":\"b\",\"group\":false}," \
	"{\"name\":\"g\",\"group\":true}]}"

static struct model *model;

static void
setup(void)
{
	model = model_new(at(1000));
	ck_assert_ptr_nonnull(model);
}

static void
teardown(void)
{
	model_free(model);
}

static enum model_news
take(const char *line)
{
	return model_take(model, line, strlen(line), at(1001));
}

static char *
printed(const char *name)
{
	const struct model_node *node = model_find(model, name);
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	ck_assert(file != NULL && node != NULL && node->map != NULL);
	model_print(node, file);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}

static void
assert_printed(const char *name, const char *expected)
{
	char *text = printed(name);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(life)
{
	ck_assert(!model_live(model) && model_heard(model).ns == MONOTIME_NEVER.ns);
	ck_assert_int_eq(take("{\"type\":\"exacheck\",\"version\":\"1\"}"), MODEL_NEWS);
	ck_assert(model_live(model) && model_heard(model).ns == at(1001).ns);
	ck_assert_str_eq(json_string_value(json_object_get(model_exacheck(model), "version")), "1");
	ck_assert_int_eq(take("{\"type\":\"bye\"}"), MODEL_BYE);
	ck_assert(!model_live(model));
}
END_TEST

START_TEST(numbers)
{
	uint64_t first = model_sequence(model), told, order;
	struct model *later;

	ck_assert(model_known(model, first) && !model_known(model, first + 1) && !model_known(model, 0));
	ck_assert_int_eq(take(ORDER), MODEL_NEWS);
	order = model_order(model);
	ck_assert(order > first && model_sequence(model) >= order);
	ck_assert_int_eq(take(ORDER), MODEL_SAME);
	ck_assert_int_eq(take("{\"type\":\"check\",\"name\":\"a\",\"state\":\"up\",\"news\":[]}"), MODEL_NEWS);
	told = model_sequence(model);
	ck_assert_uint_eq(model_find(model, "a")->sequence, told);
	ck_assert_int_eq(take("{\"type\":\"check\",\"name\":\"a\",\"state\":\"up\",\"news\":[]}"), MODEL_SAME);
	ck_assert_uint_eq(model_sequence(model), told);
	ck_assert_int_eq(take("{\"type\":\"check\",\"name\":\"a\",\"state\":\"up\",\"news\":[{\"n\":1}]}"), MODEL_NEWS);
	ck_assert_uint_gt(model_sequence(model), told);
	ck_assert_uint_eq(model_order(model), order);
	model_gone(model);
	told = model_sequence(model);
	model_gone(model);
	ck_assert_uint_eq(model_sequence(model), told);
	/* one that begins later knows none of these */
	later = model_new(at(1001));
	ck_assert(later != NULL && !model_known(later, told) && !model_known(model, model_sequence(later)));
	model_free(later);
}
END_TEST

START_TEST(order_keeps_what_stays)
{
	take(ORDER);
	take("{\"type\":\"check\",\"name\":\"a\",\"state\":\"up\",\"news\":[{\"n\":1}]}");
	take("{\"type\":\"group\",\"name\":\"g\",\"state\":\"up\"}");
	ck_assert_ptr_null(model_find(model, "b")->map);
	ck_assert_int_eq(take("{\"type\":\"order\",\"names\":[{\"name\":\"g\",\"group\":false},{\"name\":\"a\",\"group\":false}]}"),
	    MODEL_NEWS);
	ck_assert_uint_eq(model_count(model), 2);
	ck_assert_str_eq(model_at(model, 1)->name, "a");
	assert_printed("a", "{\"name\":\"a\",\"state\":\"up\",\"recent\":[{\"n\":1}]}");
	ck_assert_ptr_null(model_find(model, "g")->map); /* another thing of the same name */
	ck_assert_ptr_null(model_find(model, "b"));
	ck_assert_int_eq(take("{\"type\":\"check\",\"name\":\"b\",\"state\":\"up\"}"), MODEL_SAME);
	ck_assert_int_eq(take("{\"type\":\"group\",\"name\":\"a\",\"state\":\"up\"}"), MODEL_SAME);
	ck_assert_int_eq(take("{\"type\":\"order\",\"names\":[]}"), MODEL_NEWS);
	ck_assert_uint_eq(model_count(model), 0);
}
END_TEST

START_TEST(recent_ones)
{
	char line[128], last[32];
	char *text;

	take(ORDER);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "{\"type\":\"check\",\"name\":\"b\",\"news\":[{\"n\":%d},{\"n\":%d}]}", 2 * i, 2 * i + 1);
		ck_assert_int_eq(take(line), MODEL_NEWS);
	}
	ck_assert_uint_eq(model_find(model, "b")->recent_count, MODEL_RECENT);
	text = printed("b");
	snprintf(last, sizeof(last), "\"recent\":[{\"n\":%d}", 200 - MODEL_RECENT);
	ck_assert_msg(strstr(text, last) != NULL && strstr(text, ",{\"n\":199}]}") != NULL, "%s", text);
	free(text);
	ck_assert_ptr_null(json_object_get(model_find(model, "b")->map, "news"));
}
END_TEST

START_TEST(what_it_is_not_told)
{
	static const char *const bad[] = {"", "{", "[]", "1", "{}", "{\"type\":1}", "{\"type\":\"setup\"}", "{\"type\":\"order\"}",
		"{\"type\":\"order\",\"names\":[1]}", "{\"type\":\"order\",\"names\":[{\"name\":\"x\"}]}",
		"{\"type\":\"order\",\"names\":[{\"name\":\"x\",\"group\":true},{\"name\":\"y\",\"group\":false}]}",
		"{\"type\":\"order\",\"names\":[{\"name\":\"x\",\"group\":false},{\"name\":\"x\",\"group\":false}]}"};
	uint64_t before;

	take(ORDER);
	before = model_sequence(model);
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(take(bad[i]) == MODEL_BAD, "%s", bad[i]);
	ck_assert_int_eq(take("{\"type\":\"check\"}"), MODEL_SAME);
	ck_assert_uint_eq(model_sequence(model), before);
	ck_assert_uint_eq(model_count(model), 3);
	ck_assert_str_eq(model_at(model, 2)->name, "g");
}
END_TEST

#define SETUP_REST "\"uid\":5,\"gid\":6,\"drop\":true,\"sandbox\":\"strict\"}"

static bool
first_line_read(struct setup *read, const char *line)
{
	json_t *map = json_loads(line, 0, NULL);
	bool whole = setup_read(read, map);

	json_decref(map);
	return whole;
}

START_TEST(first_line)
{
	static const char whole[] =
	    "{\"type\":\"setup\",\"listen\":\"[::1]:80\",\"textfile\":null,\"status_dir\":\"/s\"," SETUP_REST;
	static const char *const bad[] = {"", "{\"type\":\"setup\"}",
		"{\"type\":\"order\",\"listen\":null,\"textfile\":null,\"status_dir\":null," SETUP_REST,
		"{\"type\":\"setup\",\"listen\":1,\"textfile\":null,\"status_dir\":null," SETUP_REST,
		"{\"type\":\"setup\",\"listen\":\"x\",\"textfile\":null," SETUP_REST,
		"{\"type\":\"setup\",\"listen\":null,\"textfile\":null,\"status_dir\":null,\"uid\":5,\"gid\":6,\"drop\":true,"
		"\"sandbox\":\"none\"}"};
	struct setup read;

	ck_assert(first_line_read(&read, whole));
	ck_assert_str_eq(read.listen, "[::1]:80");
	ck_assert_str_eq(read.status_dir, "/s");
	ck_assert(read.textfile == NULL && read.identity.drop && read.identity.uid == 5 && read.identity.gid == 6 &&
	    read.identity.sandbox == SANDBOX_LEVEL_STRICT);
	setup_free(&read);
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!first_line_read(&read, bad[i]), "%s", bad[i]);
}
END_TEST

/* What lines came, with what ends each; P: a pause, E: the end. */
static char heard[4096];

static void
heard_line(void *context, const char *line, size_t length)
{
	ck_assert_ptr_eq(context, heard);
	ck_assert_uint_eq(strlen(line), length);
	strcat(strcat(heard, line), "|");
}

static void
heard_pause(void *context)
{
	(void)context;
}

static void
heard_end(void *context)
{
	(void)context;
	strcat(heard, "E");
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(lines_of_a_stream)
{
	const struct intake_calls calls = {heard_line, heard_pause, heard_end, heard};
	struct event_base *base = event_base_new();
	struct intake *intake;
	size_t length;
	char *line;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	intake = intake_new(fds[0]);
	ck_assert(base != NULL && intake != NULL);
	ck_assert_ptr_null(intake_wait(intake, monotime_now(), &length));
	say(fds[1], "first\nsec");
	line = intake_wait(intake, monotime_add(monotime_now(), 60 * NS_PER_SECOND), &length);
	ck_assert(line != NULL && length == 5 && strcmp(line, "first") == 0);
	free(line);
	ck_assert(intake_begin(intake, base, &calls));
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(heard, "");
	say(fds[1], "ond\n\nfo");
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(heard, "second||");
	say(fds[1], "urth\nhalf");
	close(fds[1]);
	event_base_dispatch(base); /* until there is nothing more to wait for */
	ck_assert_str_eq(heard, "second||fourth|E");
	intake_free(intake);
	event_base_free(base);
	close(fds[0]);
}
END_TEST

START_TEST(bodies)
{
	struct body *body = body_new(strdup("text"), 4);

	ck_assert(body != NULL && body_length(body) == 4 && memcmp(body_data(body), "text", 4) == 0);
	ck_assert(body_room(1000) && !body_room(SIZE_MAX));
	ck_assert_ptr_eq(body_keep(body), body);
	body_drop(body);
	ck_assert_int_eq(body_data(body)[0], 't');
	body_drop(body);
	body_drop(NULL);
	ck_assert_ptr_null(body_keep(NULL));
	ck_assert_ptr_null(body_new(NULL, 4));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("web model");
	TCase *tcase = unit_case(suite, "model");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, life);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, order_keeps_what_stays);
	tcase_add_test(tcase, recent_ones);
	tcase_add_test(tcase, what_it_is_not_told);
	tcase = unit_case(suite, "rest");
	tcase_add_test(tcase, first_line);
	tcase_add_test(tcase, lines_of_a_stream);
	tcase_add_test(tcase, bodies);
	return unit_run(suite);
}
