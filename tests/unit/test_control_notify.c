/*
 * notify-test, from a line of a client to the lines that it is told: which targets are asked for, and what is said of
 * each when words about it come, in whatever order, or do not.
 */
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

#include "../../supervisor/control_internal.h"
#include "../../supervisor/notifier.h"
#include "configs.h"
#include "unit.h"

#define TARGETS "notifications:\n- {name: ops, url: 'json://127.0.0.1:1/', timeout: 5}\n" \
	"- {name: on call, url: 'json://127.0.0.1:1/', timeout: 7}\n"
#define DSN "sentry: {dsn: 'https://key@127.0.0.1/1'}\n"

static struct config *config;
static struct view view;
static struct control control;
static struct client client;
static const char *hindrance; /* to a test */
static size_t asked; /* for this target */
static unsigned times;

static const char *
test_ask(void *context, size_t target, uint32_t *id)
{
	(void)context;
	if (hindrance != NULL)
		return hindrance;
	asked = target;
	*id = ++times;
	return NULL;
}

static void
begin(const char *document)
{
	config = parse_clean(document);
	view = (struct view){.config = &config};
	control = (struct control){.view = &view, .acts = {.notify_test = test_ask}};
	TAILQ_INIT(&control.clients);
	client = (struct client){.control = &control, .writer = true, .out = evbuffer_new(), .ready = true};
	client.answer = (struct control_answer){.client = &client, .control = &control, .request = {.level = -1}};
	ck_assert_ptr_nonnull(client.out);
	TAILQ_INSERT_TAIL(&control.clients, &client, entry);
	hindrance = NULL;
	asked = 77;
	times = 0;
	unit_log_silence();
}

static void
end(void)
{
	answer_clear(&client.answer);
	evbuffer_free(client.out);
	config_free(config);
}

static const char *
told(void)
{
	static char text[8192];
	int length;

	while (client.answer.command != NULL && answer_step(&client.answer))
		;
	length = evbuffer_remove(client.out, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

static const char *
ask(const char *more)
{
	char line[512];

	snprintf(line, sizeof(line), "{\"protocol\":1,\"command\":\"notify-test\"%s}", more);
	answer_begin(&client, line, strlen(line));
	return told();
}

START_TEST(all_as_words_come)
{
	begin(WEB TARGETS DSN);
	ck_assert_str_eq(ask(""), "");
	ck_assert(asked == NOTIFIER_ALL && times == 1);
	control_tested(&control, 2, 0, true, ""); /* another test's */
	control_tested(&control, 1, 3, true, ""); /* no target */
	ck_assert_str_eq(told(), "");
	control_tested(&control, 1, 1, false, "refused");
	ck_assert_str_eq(told(), "{\"type\":\"target\",\"name\":\"on call\",\"ok\":false,\"message\":\"refused\"}\n");
	control_tested(&control, 1, 1, true, ""); /* once more: too late */
	control_tested(&control, 1, 2, true, "");
	ck_assert_str_eq(told(), "{\"type\":\"target\",\"name\":\"sentry\",\"ok\":true,\"message\":\"\"}\n");
	ck_assert_ptr_nonnull(client.answer.command);
	control_tested(&control, 1, 0, true, "");
	ck_assert_str_eq(told(), "{\"type\":\"target\",\"name\":\"ops\",\"ok\":true,\"message\":\"\"}\n{\"type\":\"end\"}\n");
	control_tested(&control, 1, 0, true, ""); /* to nobody */
	end();
}
END_TEST

START_TEST(one_of_them)
{
	begin(WEB TARGETS);
	ck_assert_str_eq(ask(",\"target\":\"on call\""), "");
	ck_assert_uint_eq(asked, 1);
	control_tested(&control, 1, 0, true, ""); /* not asked for */
	ck_assert_str_eq(told(), "");
	control_tested(&control, 1, 1, true, "");
	ck_assert_str_eq(told(), "{\"type\":\"target\",\"name\":\"on call\",\"ok\":true,\"message\":\"\"}\n{\"type\":\"end\"}\n");
	end();
}
END_TEST

/* No word comes: the time is that of the slowest, and some. */
START_TEST(no_word)
{
	monotime_t begun = monotime_now();

	begin(WEB TARGETS);
	ck_assert_str_eq(ask(""), "");
	ck_assert_int_ge(monotime_sub(client.answer.wakes, begun), 9 * NS_PER_SECOND);
	control_tested(&control, 1, 0, true, "");
	client.answer.wakes = begun;
	ck_assert_str_eq(told(), "{\"type\":\"target\",\"name\":\"ops\",\"ok\":true,\"message\":\"\"}\n"
	    "{\"type\":\"target\",\"name\":\"on call\",\"ok\":false,"
	    "\"message\":\"exacheck-notify did not say within 9 s what became of it\"}\n"
	    "{\"type\":\"end\"}\n");
	end();
}
END_TEST

static const struct {
	const char *document, *more, *hindrance, *code, *message;
} refusals[] = {
	{WEB, "", NULL, "state", "the configuration has neither notifications nor sentry"},
	{WEB "sentry: {enabled: false, dsn: 'https://key@127.0.0.1/1'}\n", "", NULL, "state", "the configuration has neither"},
	{WEB TARGETS, ",\"target\":\"opps\"", NULL, "name", "no notification is named \\\"opps\\\": did you mean \\\"ops\\\"?"},
	{WEB TARGETS, ",\"target\":\"sentry\"", NULL, "name", "no notification is named \\\"sentry\\\""},
	{WEB TARGETS, ",\"target\":\"\"", NULL, "request", "\\\"target\\\" must be a text"},
	{WEB TARGETS, ",\"names\":[\"ops\"]", NULL, "request", "\\\"names\\\" has no meaning for notify-test"},
	{WEB TARGETS, "", "not now", "state", "not now"},
};

START_TEST(refused)
{
	char code[64];
	const char *text;

	begin(refusals[_i].document);
	hindrance = refusals[_i].hindrance;
	text = ask(refusals[_i].more);
	snprintf(code, sizeof(code), "\"code\":\"%s\"", refusals[_i].code);
	ck_assert_msg(strstr(text, code) != NULL && strstr(text, refusals[_i].message) != NULL, "%s", text);
	ck_assert_ptr_null(client.answer.command);
	ck_assert_uint_eq(times, 0);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control notify");
	TCase *tcase = unit_case(suite, "notify-test");

	tcase_add_test(tcase, all_as_words_come);
	tcase_add_test(tcase, one_of_them);
	tcase_add_test(tcase, no_word);
	tcase_add_loop_test(tcase, refused, 0, (int)COUNT(refusals));
	return unit_run(suite);
}
