/*
 * exacheck-notify: tells people what happens. Invariant: it is confined before it reads a line that is not its setup.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../helpers/birth.h"
#include "../helpers/intake.h"
#include "../helpers/report.h"

#define NICE 5
#define FAREWELL_S 5 /* without the supervisor */

static void
line_seen(void *context, const char *line, size_t length)
{
	json_t *map = json_loadb(line, length, 0, NULL);
	const char *type = json_string_value(json_object_get(map, "type"));

	if (type != NULL && (strcmp(type, "bye") == 0 || strcmp(type, "leave") == 0))
		event_base_loopbreak(context);
	json_decref(map);
}

static void
lines_paused(void *context)
{
	(void)context;
}

static void
lines_ended(void *context)
{
	event_base_loopbreak(context);
}

int
main(void)
{
	static struct birth birth;
	struct intake_calls calls = {line_seen, lines_paused, lines_ended, NULL};
	struct cage cage = {.file_size = 0, .processes = 0, .descriptors = 128, .memory = RLIM_INFINITY,
	    .farewell_s = FAREWELL_S};
	char report[REPORT_SIZE];

	birth_begin(&birth, "exacheck-notify", NICE);
	cage.identity = birth.identity;
	if (!cage_enter(&cage, report, sizeof(report)))
		report_fatal("%s", report);
	json_decref(birth.setup);
	calls.context = birth.base;
	if (!intake_begin(birth.intake, birth.base, &calls))
		report_fatal("out of memory");
	report_ready("sandbox %s", report);
	event_base_dispatch(birth.base);
	_exit(EXIT_SUCCESS);
}
