/*
 * When which file is compressed. Touches the directories of logs, for reading. Invariant: there is one child at
 * most, and a file that cannot be compressed is no hindrance to others, and is tried again after the next rotation.
 */
#include "compressor.h"

#include <bsd/string.h>
#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/monotime.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "offspring.h"

#define LIMIT_NS (10 * 60 * NS_PER_SECOND) /* of one file */
#define ATTEMPTS 3 /* while somebody writes to it */
#define CALM_NS NS_PER_SECOND /* another process that had the file open has seen by then that it has another name */

struct compressor {
	LIST_ENTRY(compressor) entry;
	const struct rotation *rotation;
	const struct compression_format *format;
	struct event *timer;
	struct offspring *child;
	bool wanted;
	bool failing; /* which was reported */
	char path[PATH_MAX]; /* of the file that is being compressed */
	char after[ROTATED_MOMENT_SIZE]; /* this one could not be */
};

static LIST_HEAD(, compressor) compressors = LIST_HEAD_INITIALIZER(compressors);

static void compressors_go_on(void);

/* The next file; false: there is none. */
static bool
file_choose(struct compressor *compressor, struct rotated *file)
{
	struct rotated_list list;
	bool found = false;

	rotated_list(compressor->rotation, &list);
	for (size_t i = 0; i < list.count && !found; i++) {
		*file = list.files[i];
		found = file->state == ROTATED_PLAIN && strcmp(file->moment, compressor->after) > 0;
	}
	if (found)
		snprintf(compressor->path, sizeof(compressor->path), "%s/%s", compressor->rotation->directory, file->name);
	rotated_free(&list);
	return found;
}

static int
child_run(void *context)
{
	const struct compressor *compressor = context;
	int code = EAGAIN;

	for (int i = 0; i < ATTEMPTS && code == EAGAIN; i++)
		code = compression_run(compressor->format, compressor->path);
	return code;
}

static void
compressor_failed(struct compressor *compressor, const char *why)
{
	if (!compressor->failing)
		report_problem("%s cannot be compressed: %s", compressor->path, why);
	compressor->failing = true;
}

static void
child_ended(void *context, int status)
{
	struct compressor *compressor = context;
	const char *why = compression_problem(status);

	compressor->child = NULL;
	if (why != NULL)
		compressor_failed(compressor, why);
	else
		compressor->failing = false;
	compressors_go_on();
}

static void
compressor_start(struct compressor *compressor)
{
	struct rotated file;

	if (!file_choose(compressor, &file)) {
		compressor->wanted = false;
		compressor->after[0] = '\0';
		return;
	}
	strlcpy(compressor->after, file.moment, sizeof(compressor->after));
	compressor->child = offspring_start(child_run, child_ended, compressor, LIMIT_NS);
	if (compressor->child != NULL)
		return;
	compressor_failed(compressor, strerror(errno));
	compressor->wanted = false;
}

static void
compressors_go_on(void)
{
	struct compressor *compressor;

	LIST_FOREACH(compressor, &compressors, entry)
		if (compressor->child != NULL)
			return;
	LIST_FOREACH(compressor, &compressors, entry) {
		if (compressor->wanted)
			compressor_start(compressor);
		if (compressor->child != NULL)
			return;
	}
}

static void
calm(evutil_socket_t fd, short what, void *context)
{
	struct compressor *compressor = context;

	(void)fd;
	(void)what;
	compressor->wanted = true;
	compressors_go_on();
}

struct compressor *
compressor_new(struct event_base *base, const struct rotation *rotation, const struct compression_format *format)
{
	struct compressor *compressor = calloc(1, sizeof(*compressor));

	if (compressor == NULL)
		return NULL;
	compressor->rotation = rotation;
	compressor->format = format;
	LIST_INSERT_HEAD(&compressors, compressor, entry);
	if ((compressor->timer = evtimer_new(base, calm, compressor)) != NULL)
		return compressor;
	compressor_free(compressor);
	return NULL;
}

void
compressor_wake(struct compressor *compressor)
{
	if (!event_pending(compressor->timer, EV_TIMEOUT, NULL))
		timer_arm(compressor->timer, CALM_NS);
}

void
compressor_free(struct compressor *compressor)
{
	if (compressor == NULL)
		return;
	if (compressor->child != NULL)
		offspring_kill(compressor->child);
	if (compressor->timer != NULL)
		event_free(compressor->timer);
	LIST_REMOVE(compressor, entry);
	free(compressor);
}
