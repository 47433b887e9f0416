/*
 * Control commands that change exacheck as a whole: reload, upgrade, log. Touches what the supervisor lets be touched,
 * see struct control_acts. Invariant: what was asked for is done once, and what came of it is told.
 */
#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_internal.h"
#include "program.h"

/* Who did it, for the log. */
static void
act_tell(const struct control_answer *answer, const char *what)
{
	log_info("control: %s, asked for by uid %u (process %d)", what, answer->client->uid, (int)answer->client->pid);
}

/* What a reload has to tell, and how far that has been told. */
struct report {
	char *text; /* lines; owned */
	size_t size;
	char *next;
	enum reload_result result;
};

static void
report_free(void *own)
{
	struct report *report = own;

	free(report->text);
	free(report);
}

/* Do it, and keep what it has to tell. */
static enum control_step
reload_begin(struct control_answer *answer)
{
	const struct control_acts *acts = &answer->control->acts;
	struct report *report = calloc(1, sizeof(*report));
	const char *problem;
	FILE *file;

	answer->own = report;
	answer->own_free = report_free;
	if (report == NULL || (file = open_memstream(&report->text, &report->size)) == NULL)
		return STEP_MEMORY;
	if (!answer->request.dry_run)
		act_tell(answer, "reload");
	problem = acts->reload(acts->context, answer->request.dry_run, file, &report->result);
	if (fclose(file) == EOF) {
		free(report->text); /* what did not fit into memory is missing, which is no reason to deny what was done */
		report->text = NULL;
	}
	report->next = report->text;
	return problem == NULL ? STEP_MORE : answer_error(answer, CONTROL_STATE_WRONG, "%s", problem);
}

/* A line of it each time, then what came of it. */
enum control_step
control_reload(struct control_answer *answer)
{
	static const char *const results[] = {[RELOAD_REFUSED] = "refused", [RELOAD_SAME] = "same", [RELOAD_DONE] = "done"};
	struct report *report = answer->own;
	const char *line, *result;

	if (report == NULL)
		return reload_begin(answer);
	if (answer->number > 0)
		return STEP_DONE;
	line = report->next != NULL ? strsep(&report->next, "\n") : NULL;
	if (line != NULL)
		return *line == '\0' ? STEP_MORE : answer_more(answer, "report", json_pack("{ss}", "line", line));
	answer->number++;
	result = answer->request.dry_run && report->result == RELOAD_DONE ? "valid" : results[report->result];
	return answer_more(answer, "reload", json_pack("{ss}", "result", result));
}

/* The answer ends with the connection, when the program is executed, or with why it was not. */
enum control_step
control_upgrade(struct control_answer *answer)
{
	const struct control_acts *acts = &answer->control->acts;
	const char *problem;

	if (answer->own != NULL)
		return answer_error(answer, CONTROL_REFUSED, "%s", (const char *)answer->own);
	switch (answer->number++) {
	case 0:
		return answer_more(answer, "upgrading", json_pack("{ss}", "version", program_version));
	case 1:
		act_tell(answer, "upgrade");
		problem = acts->upgrade(acts->context);
		return problem == NULL ? STEP_WAIT : answer_error(answer, CONTROL_STATE_WRONG, "%s", problem);
	default:
		return STEP_WAIT;
	}
}

void
control_upgrade_refused(struct control *control, const char *why)
{
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry) {
		struct control_answer *answer = &client->answer;

		if (answer->command == NULL || answer->command->step != control_upgrade || answer->number < 2 ||
		    answer->own != NULL)
			continue;
		answer->own = strdup(why);
		answer->own_free = free;
		if (answer->own == NULL)
			client->closing = true;
		answer_wake(answer);
	}
}

enum control_step
control_log(struct control_answer *answer)
{
	enum log_level before = log_level(), level = (enum log_level)answer->request.level;

	if (answer->request.level == -1)
		return answer_error(answer, CONTROL_REQUEST_BAD, "log needs a \"level\"");
	log_set_level(level);
	log_info("control: the level of the log is %s, it was %s; asked for by uid %u (process %d)", log_level_name(level),
	    log_level_name(before), answer->client->uid, (int)answer->client->pid);
	return answer_say(answer, "log", json_pack("{ss ss}", "level", log_level_name(level), "before",
	    log_level_name(before))) ? STEP_DONE : STEP_MEMORY;
}
