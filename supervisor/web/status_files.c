/*
 * Status files. Touches the directory that is configured. Invariant: written tells what each file of this process
 * says, and no other process is writing there.
 */
#include "status_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "../../common/walltime.h"
#include "../helpers/report.h"
#include "field.h"
#include "replace_file.h"
#include "status_text.h"

#define LOCK_WAIT_NS (2 * NS_PER_SECOND)
#define LOCK_PAUSE_NS (10 * NS_PER_MILLISECOND)
#define RETRY_NS (5 * NS_PER_SECOND) /* after a failure */

static struct {
	int directory; /* -1: nothing is written */
	char *path;
	json_t *written; /* name of the node -> text */
	uint64_t sequence, order; /* of the model, up to which files are right */
	monotime_t retry; /* not before then, while failing */
	bool failing; /* which was reported */
} status = {.directory = -1};

/* A predecessor that ends may still have to say so: then it is over before anything is said here. */
static bool
directory_lock(int directory)
{
	const struct timespec pause = monotime_timespec(LOCK_PAUSE_NS);
	const monotime_t deadline = monotime_add(monotime_now(), LOCK_WAIT_NS);

	while (flock(directory, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK || !monotime_before(monotime_now(), deadline))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* -1: see errno. */
static int
directory_open(const struct setup *setup)
{
	bool made = mkdir(setup->status_dir, S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH) == 0;
	int directory, error;

	if (!made && errno != EEXIST)
		return -1;
	if ((directory = open(setup->status_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if ((!made || !setup->identity.drop || fchown(directory, setup->identity.uid, setup->identity.gid) == 0) && directory_lock(directory))
		return directory;
	error = errno;
	close(directory);
	errno = error;
	return -1;
}

static int
status_files_open(const struct setup *setup)
{
	if (setup->status_dir == NULL)
		return -1;
	umask(S_IWGRP | S_IWOTH);
	tzset();
	status.path = strdup(setup->status_dir);
	status.written = json_object();
	if (status.path == NULL || status.written == NULL)
		report_problem("exacheck.status_dir %s: out of memory", setup->status_dir);
	else if ((status.directory = directory_open(setup)) == -1 && errno == EWOULDBLOCK)
		report_problem("exacheck.status_dir %s: another exacheck writes there", setup->status_dir);
	else if (status.directory == -1)
		report_problem("exacheck.status_dir %s cannot be used: %s", setup->status_dir, strerror(errno));
	return status.directory;
}

static bool
status_files_begin(struct event_base *base, const struct model *model)
{
	(void)base;
	(void)model;
	return true;
}

/*
 * Let the file of a node say this; nothing is done where it does. Of the last words it is more important that they
 * are said before this process is ended than that nobody sees half of them. Returns an errno, 0: it does.
 */
static int
file_say(const char *node, const char *text, enum status_end end)
{
	const char *before = field_text(status.written, node);
	char name[STATUS_NAME_MAX + 1];
	int error;

	if (text == NULL)
		return ENOMEM;
	if (before != NULL && strcmp(text, before) == 0)
		return 0;
	if (before != NULL && end == STATUS_TERMINATED &&
	    overwrite_file(status.directory, status_name(node, name), text, strlen(text)))
		return 0;
	/* noted first, so that there is no file of which nothing is known */
	if (json_object_set_new(status.written, node, json_string(text)) != 0)
		return ENOMEM;
	if (replace_file(status.directory, status_name(node, name), text, strlen(text)))
		return 0;
	error = errno;
	json_object_set(status.written, node, json_null()); /* neither wants memory: the key is there */
	return error;
}

/* The same of a node as it is. False: it cannot, which is told. */
static bool
node_say(const struct model_node *node, enum status_end end, int64_t default_ms)
{
	char *text = status_text(node->map, end, default_ms);
	int error = file_say(node->name, text, end);

	free(text);
	if (error == 0)
		return true;
	if (!status.failing)
		report_problem("exacheck.status_dir %s: the file of %s cannot be written: %s", status.path, node->name,
		    strerror(error));
	status.failing = true;
	status.retry = monotime_add(monotime_now(), RETRY_NS);
	return false;
}

/* Files of nodes that there are no more. */
static void
files_remove(const struct model *model)
{
	char name[STATUS_NAME_MAX + 1];
	const char *node;
	json_t *text;
	void *next;

	json_object_foreach_safe(status.written, next, node, text) {
		(void)text;
		if (model_find(model, node) != NULL)
			continue;
		unlinkat(status.directory, status_name(node, name), 0);
		json_object_del(status.written, node);
	}
	status.order = model_order(model);
}

static int64_t
started_ms(const struct model *model)
{
	const char *text = field_text(model_exacheck(model), "started");
	int64_t ms;

	return text != NULL && walltime_parse(text, &ms) ? ms : walltime_ns(monotime_now()) / NS_PER_MILLISECOND;
}

static void
status_files_news(const struct model *model)
{
	int64_t default_ms = started_ms(model);
	bool whole = true;

	if (status.directory == -1 || (status.failing && monotime_before(monotime_now(), status.retry)))
		return;
	if (status.order != model_order(model))
		files_remove(model);
	for (size_t i = 0; i < model_count(model); i++) {
		const struct model_node *node = model_at(model, i);

		if (node->map != NULL && (node->sequence > status.sequence || status.failing))
			whole = node_say(node, STATUS_RUNS, default_ms) && whole;
	}
	status.failing = !whole;
	if (whole)
		status.sequence = model_sequence(model);
}

static void
status_files_end(const struct model *model)
{
	int64_t now_ms = walltime_ns(monotime_now()) / NS_PER_MILLISECOND;

	for (size_t i = 0; status.directory != -1 && i < model_count(model); i++) {
		const struct model_node *node = model_at(model, i);

		if (node->map != NULL)
			node_say(node, STATUS_TERMINATED, now_ms);
	}
}

const struct output status_files_output = {status_files_open, status_files_begin, status_files_news, status_files_end};
