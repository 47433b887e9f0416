/*
 * exacheck-web as a helper. Invariant: it is there exactly while the configuration has something for it to do.
 */
#include "feed.h"

#include <stdlib.h>

#include "config.h"
#include "feed_lines.h"
#include "helper.h"
#include "launcher.h"

struct feed {
	const struct view *view;
	const struct identity *identity;
	struct helper *helper;
	struct feed_lines lines;
};

static bool
feed_setup(void *context, char **line)
{
	const struct feed *feed = context;
	const struct config *config = *feed->view->config;
	const struct identity *identity = feed->identity;

	*line = NULL;
	if (config->metrics.listen == NULL && config->metrics.textfile == NULL && config->global.status_dir == NULL)
		return true;
	*line = view_line("setup", json_pack("{ss? ss? ss? sI sI sb ss}", "listen", config->metrics.listen,
	    "textfile", config->metrics.textfile, "status_dir", config->global.status_dir, "uid", (json_int_t)identity->uid,
	    "gid", (json_int_t)identity->gid, "drop", identity->drop, "sandbox", sandbox_level_names[identity->sandbox]));
	return *line != NULL;
}

static void
feed_begin(void *context)
{
	struct feed *feed = context;

	feed_lines_begin(&feed->lines);
}

static monotime_t
feed_tell(void *context, struct evbuffer *out, monotime_t now)
{
	struct feed *feed = context;

	return feed_lines_write(&feed->lines, out, now);
}

static const struct helper_kind kind = {
	.name = "exacheck-web",
	.program = LAUNCHER_WEB,
	.setup = feed_setup,
	.begin = feed_begin,
	.tell = feed_tell,
};

struct feed *
feed_new(struct event_base *base, const struct view *view, struct checks *checks, const struct identity *identity,
    struct launcher *launcher)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	*feed = (struct feed){.view = view, .identity = identity};
	feed_lines_init(&feed->lines, view, checks);
	if ((feed->helper = helper_new(base, &kind, identity, launcher, feed)) != NULL)
		return feed;
	feed_free(feed);
	return NULL;
}

void
feed_free(struct feed *feed)
{
	if (feed == NULL)
		return;
	helper_free(feed->helper);
	feed_lines_clear(&feed->lines);
	free(feed);
}

void
feed_configure(struct feed *feed)
{
	feed_lines_reloaded(&feed->lines);
	helper_configure(feed->helper);
}

void
feed_stop(struct feed *feed)
{
	helper_stop(feed->helper);
}

void
feed_leave(struct feed *feed)
{
	helper_leave(feed->helper);
}

bool
feed_ends(const struct feed *feed)
{
	return helper_ends(feed->helper);
}

pid_t
feed_pid(const struct feed *feed)
{
	return helper_pid(feed->helper);
}

bool
feed_reaped(struct feed *feed, pid_t pid, int status)
{
	return helper_reaped(feed->helper, pid, status);
}
