/*
 * exacheck-web: shows what the supervisor tells it. Invariant: whatever needs the system is done before the first word of
 * the supervisor's is read that is not its setup; afterwards it is confined.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "../helpers/birth.h"
#include "../helpers/intake.h"
#include "../helpers/report.h"
#include "http.h"
#include "listen.h"
#include "model.h"
#include "output.h"
#include "profile.h"
#include "setup.h"

#define NICE 5 /* those who look come after those who check */
#define DIRECTORIES_MAX 4

struct web {
	struct event_base *base;
	struct model *model;
	struct intake *intake;
	struct http *http;
	uint64_t told; /* sequence of the model that outputs know */
};

static void
line_seen(void *context, const char *line, size_t length)
{
	struct web *web = context;

	if (model_take(web->model, line, length, monotime_now()) == MODEL_BAD)
		report_fatal("cannot make sense of what exacheck says, or out of memory");
}

static void
outputs_tell(void *context)
{
	struct web *web = context;

	if (web->told == model_sequence(web->model))
		return;
	web->told = model_sequence(web->model);
	for (const struct output *const *output = outputs; *output != NULL; output++)
		(*output)->news(web->model);
}

static void
supervisor_gone(void *context)
{
	struct web *web = context;

	model_gone(web->model);
	for (const struct output *const *output = outputs; *output != NULL; output++)
		(*output)->end(web->model);
	event_base_loopbreak(web->base);
}

static bool
web_begin(struct web *web, int listening)
{
	const struct intake_calls calls = {line_seen, outputs_tell, supervisor_gone, web};

	for (const struct output *const *output = outputs; *output != NULL; output++)
		if (!(*output)->begin(web->base, web->model))
			return false;
	return (listening == -1 || (web->http = http_new(web->base, listening, http_routes, web->model)) != NULL) &&
	    intake_begin(web->intake, web->base, &calls);
}

/* Everything that is done with rights that are given up here. Returns what is listened on, -1: nothing is to be. */
static int
sockets_and_files_open(const struct setup *setup, char report[static REPORT_SIZE])
{
	int directories[DIRECTORIES_MAX], listening = -1;
	size_t count = 0;

	if (setup->listen != NULL && (listening = listen_open(setup->listen, report, REPORT_SIZE)) == -1)
		report_fatal("%s", report);
	for (const struct output *const *output = outputs; *output != NULL && count < DIRECTORIES_MAX; output++)
		if ((directories[count] = (*output)->open(setup)) != -1)
			count++;
	if (!profile_enter(&setup->identity, directories, count, report, REPORT_SIZE))
		report_fatal("%s", report);
	return listening;
}

int
main(void)
{
	static struct web web; /* so that it is not lost at the end */
	struct birth birth;
	struct setup setup;
	char report[REPORT_SIZE];
	int listening;

	birth_begin(&birth, "exacheck-web", NICE);
	web.base = birth.base;
	web.intake = birth.intake;
	if ((web.model = model_new(monotime_now())) == NULL || !setup_read(&setup, birth.setup))
		report_fatal("exacheck does not say what is to be done, or out of memory");
	json_decref(birth.setup);
	listening = sockets_and_files_open(&setup, report);
	if (!web_begin(&web, listening))
		report_fatal("out of memory");
	if (setup.listen != NULL)
		report_ready("serving %s; sandbox %s", setup.listen, report);
	else
		report_ready("sandbox %s", report);
	setup_free(&setup);
	event_base_dispatch(web.base);
	/* by _exit, as workers do: what libraries would do last is of no use, and the cage may forbid it */
	_exit(EXIT_SUCCESS);
}
