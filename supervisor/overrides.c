/*
 * The overrides' timer and file. Touches the nodes, "overrides" and its neighbours in the runtime directory. Invariant:
 * the file says what the nodes do, or somebody was told that it does not.
 */
#include "overrides.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "checks.h"
#include "file_replace.h"
#include "journal.h"
#include "journal_file.h"
#include "loop.h"
#include "overrides_file.h"
#include "runtime_path.h"

#define RETRY_NS (30 * NS_PER_SECOND)
#define TOLD_MAX 20 /* things about a file that are told one by one */

struct overrides {
	struct checks *checks;
	const struct journal *journal;
	char *path, *new_path, *damaged_path;
	struct event *timer;
	bool unsaved; /* the file does not say what there is: told, and tried again */
};

/* The file. */

/* False with errno. */
static bool
file_write(const struct overrides *overrides)
{
	size_t length = 0;
	char *text = overrides_encode(overrides->checks, &length);
	bool written = false;

	if (text == NULL)
		errno = ENOMEM;
	else if (length == 0)
		written = unlink(overrides->path) == 0 || errno == ENOENT;
	else
		written = file_replace(overrides->path, overrides->new_path, text, length);
	free(text);
	return written;
}

static bool
overrides_save(struct overrides *overrides, char problem[static OVERRIDES_PROBLEM_SIZE])
{
	bool saved = false;

	if (!journal_ours(overrides->journal) && overrides_count(overrides->checks) == 0)
		saved = true; /* whosever file there may be, it is not ours */
	else if (!journal_ours(overrides->journal))
		snprintf(problem, OVERRIDES_PROBLEM_SIZE, "%s is not written: the runtime directory is not ours",
		    overrides->path);
	else if (!(saved = file_write(overrides)))
		snprintf(problem, OVERRIDES_PROBLEM_SIZE, "%s cannot be written: %s", overrides->path, strerror(errno));
	if (saved && overrides->unsaved)
		log_info("%s is written again", overrides->path);
	else if (!saved && !overrides->unsaved)
		log_warnx("%s: what operators have disabled, or enabled, is forgotten at the next start", problem);
	overrides->unsaved = !saved;
	return saved;
}

/* Time. */

static void
timer_set(struct overrides *overrides)
{
	monotime_t now = monotime_now(), next = overrides->unsaved ? monotime_add(now, RETRY_NS) : MONOTIME_NEVER;

	for (size_t rank = 0; rank < checks_node_count(overrides->checks); rank++) {
		const struct override *override = &checks_node(overrides->checks, rank)->override;

		if (override->kind != OVERRIDE_NONE)
			next = monotime_min(next, override->until);
	}
	if (next.ns == MONOTIME_NEVER.ns)
		event_del(overrides->timer);
	else
		loop_arm(overrides->timer, monotime_left(next, now));
}

bool
overrides_changed(struct overrides *overrides, char problem[static OVERRIDES_PROBLEM_SIZE])
{
	bool saved = overrides_save(overrides, problem);

	timer_set(overrides);
	return saved;
}

void
overrides_attend(struct overrides *overrides)
{
	char problem[OVERRIDES_PROBLEM_SIZE];

	if (overrides_count(overrides->checks) > 0 && access(overrides->path, F_OK) == -1 && errno == ENOENT)
		overrides_changed(overrides, problem);
}

static bool
override_over(const struct override *override, monotime_t now)
{
	return override->kind != OVERRIDE_NONE && !monotime_before(now, override->until);
}

static void
timer_fires(int fd, short what, void *context)
{
	struct overrides *overrides = context;
	char problem[OVERRIDES_PROBLEM_SIZE], why[OVERRIDE_BY_MAX + 64];
	monotime_t now = monotime_now();
	bool changed = overrides->unsaved;

	(void)fd;
	(void)what;
	for (size_t rank = 0; rank < checks_node_count(overrides->checks); rank++) {
		const struct override *override = &checks_node(overrides->checks, rank)->override;

		if (!override_over(override, now))
			continue;
		snprintf(why, sizeof(why), "enabled: the time that %s set is over", override->by);
		checks_release(overrides->checks, rank, why, now);
		changed = true;
	}
	if (changed)
		overrides_changed(overrides, problem);
	else
		timer_set(overrides);
}

/* The start. */

struct loading {
	struct overrides *overrides;
	monotime_t now;
	size_t read, lost, told;
};

static void __attribute__((format(printf, 3, 4)))
loading_tell(struct loading *loading, enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	if (++loading->told > TOLD_MAX)
		level = LOG_LEVEL_DEBUG;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_line(level, NULL, "%s: %s", loading->overrides->path, text);
}

static void
override_take(struct loading *loading, const char *name, struct override *override)
{
	struct checks *checks = loading->overrides->checks;
	size_t rank = checks_find(checks, name);
	char text[OVERRIDE_TEXT_SIZE];

	if (rank == checks_node_count(checks))
		loading_tell(loading, LOG_LEVEL_WARNING, "there is no \"%.100s\" any more, which was %s", name,
		    override_describe(override, text));
	else if (override_over(override, loading->now))
		loading_tell(loading, LOG_LEVEL_INFO, "\"%.100s\" is not overridden any more: it was %s", name,
		    override_describe(override, text));
	else
		checks_override(checks, rank, override, loading->now);
}

static void
line_load(struct loading *loading, size_t number, const char *line, size_t length)
{
	char error[STATE_ERROR_SIZE] = "", *name;
	struct override override;

	loading->read++;
	if (overrides_decode(line, length, &name, &override, error)) {
		override_take(loading, name, &override);
		free(name);
		override_clear(&override);
		return;
	}
	loading->lost++;
	loading_tell(loading, LOG_LEVEL_ERROR, "line %zu is damaged (%s): the node that it disabled may be announced",
	    number, error);
}

/* Returns whether nothing was lost. */
static bool
text_load(struct loading *loading, const char *text, size_t length)
{
	const char *end = text + length, *newline;
	size_t count = 0, number = 0;

	for (; text < end; text = newline + 1) {
		if ((newline = memchr(text, '\n', (size_t)(end - text))) == NULL)
			newline = end;
		if (++number > 1) {
			line_load(loading, number, text, (size_t)(newline - text));
		} else if (!overrides_decode_head(text, (size_t)(newline - text), &count)) {
			loading_tell(loading, LOG_LEVEL_ERROR,
			    "its first line is not that of a file of overrides of this version; taking what can be read");
			loading->lost++;
			line_load(loading, number, text, (size_t)(newline - text));
		}
	}
	if (loading->read < count) {
		loading_tell(loading, LOG_LEVEL_ERROR,
		    "%zu of %zu overrides are missing: what they disabled may be announced",
		    count - loading->read, count);
		loading->lost++;
	}
	return loading->lost == 0;
}

static void
file_load(struct overrides *overrides, const char *text, size_t length, monotime_t now)
{
	struct loading loading = {.overrides = overrides, .now = now};
	char problem[OVERRIDES_PROBLEM_SIZE];

	if (!text_load(&loading, text, length) && rename(overrides->path, overrides->damaged_path) == 0)
		log_errorx("%s was damaged: it is kept as %s", overrides->path, overrides->damaged_path);
	if (loading.told > TOLD_MAX)
		log_warnx("%s: %zu more of that kind, at level debug", overrides->path, loading.told - TOLD_MAX);
	overrides_changed(overrides, problem);
}

void
overrides_load(struct overrides *overrides, monotime_t now)
{
	size_t length;
	char *text;

	if (!journal_ours(overrides->journal)) {
		if (access(overrides->path, F_OK) == 0)
			log_warnx("%s is left alone, as the runtime directory is not ours: nothing is overridden",
			    overrides->path);
		return;
	}
	if ((text = journal_file_read(overrides->path, &length)) != NULL)
		file_load(overrides, text, length, now);
	else if (errno != ENOENT)
		log_error("%s cannot be read: what operators had disabled may be announced", overrides->path);
	free(text);
}

/* The whole. */

struct overrides *
overrides_new(struct event_base *base, struct checks *checks, const struct journal *journal, const char *directory)
{
	struct overrides *overrides = calloc(1, sizeof(*overrides));

	if (overrides == NULL)
		return NULL;
	overrides->checks = checks;
	overrides->journal = journal;
	overrides->path = runtime_path(directory, OVERRIDES_FILE);
	overrides->new_path = runtime_path(directory, OVERRIDES_FILE ".new");
	overrides->damaged_path = runtime_path(directory, OVERRIDES_FILE ".damaged");
	overrides->timer = event_new(base, -1, 0, timer_fires, overrides);
	if (overrides->path != NULL && overrides->new_path != NULL && overrides->damaged_path != NULL &&
	    overrides->timer != NULL)
		return overrides;
	overrides_free(overrides);
	return NULL;
}

void
overrides_free(struct overrides *overrides)
{
	if (overrides == NULL)
		return;
	if (overrides->timer != NULL)
		event_free(overrides->timer);
	free(overrides->path);
	free(overrides->new_path);
	free(overrides->damaged_path);
	free(overrides);
}
