/*
 * Metrics in a file. Touches this file. Invariant: whoever reads it gets the whole of one moment.
 */
#include "textfile.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../common/monotime.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "metrics.h"
#include "replace_file.h"

#define PERIOD_NS (15 * NS_PER_SECOND)
#define FIRST_NS (1 * NS_PER_SECOND) /* until all that there is has been told */

static struct {
	int directory; /* -1: nothing is written */
	char *path, *name; /* the name in the directory points into the path */
	struct event *timer;
	const struct model *model;
	bool waits; /* for the first news */
	bool failing; /* which was reported */
} textfile = {.directory = -1};

static int
textfile_open(const struct setup *setup)
{
	char *slash;

	if (setup->textfile == NULL)
		return -1;
	umask(S_IWGRP | S_IWOTH);
	if ((textfile.path = strdup(setup->textfile)) == NULL || (slash = strrchr(textfile.path, '/')) == NULL) {
		report_problem("metrics.textfile %s: out of memory", setup->textfile);
		return -1;
	}
	textfile.name = slash + 1;
	*slash = '\0';
	textfile.directory = open(slash == textfile.path ? "/" : textfile.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	if (textfile.directory == -1)
		report_problem("metrics.textfile %s: its directory cannot be opened: %s", textfile.path, strerror(errno));
	return textfile.directory;
}

static void
textfile_write(const struct model *model)
{
	size_t length = 0;
	char *text = model != NULL ? metrics_make(model, METRICS_PROMETHEUS, &length) : NULL;
	int error = text == NULL ? ENOMEM : 0;

	if (text != NULL && !replace_file(textfile.directory, textfile.name, text, length))
		error = errno;
	free(text);
	if (error != 0 && !textfile.failing)
		report_problem("metrics.textfile %s cannot be written: %s", textfile.path, strerror(error));
	textfile.failing = error != 0;
}

static void
textfile_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
	textfile_write(textfile.model);
	timer_arm(textfile.timer, PERIOD_NS);
}

static bool
textfile_begin(struct event_base *base, const struct model *model)
{
	if (textfile.directory == -1)
		return true;
	textfile.model = model;
	textfile.waits = true;
	textfile.timer = evtimer_new(base, textfile_turn, NULL);
	return textfile.timer != NULL;
}

static void
textfile_news(const struct model *model)
{
	(void)model;
	if (textfile.directory == -1 || !textfile.waits)
		return;
	textfile.waits = false;
	timer_arm(textfile.timer, FIRST_NS);
}

/* What was known is true no longer: one that knows nothing says what is left to say. */
static void
textfile_end(const struct model *model)
{
	struct model *nothing;

	(void)model;
	if (textfile.directory == -1)
		return;
	nothing = model_new(monotime_now());
	textfile_write(nothing);
	model_free(nothing);
}

const struct output textfile_output = {textfile_open, textfile_begin, textfile_news, textfile_end};
