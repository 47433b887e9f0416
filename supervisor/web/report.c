/*
 * Words for the supervisor. Touches the channel. Invariant: a line is whole, printable and not too long, or not said.
 */
#include "report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "../../common/message.h"
#include "../../common/monotime.h"

#define BURST 8
#define REFILL_NS (15 * NS_PER_SECOND)

static void
say(const char *kind, const char *text)
{
	char line[REPORT_SIZE + 1];
	int length = snprintf(line, sizeof(line), "%s: %s", kind, text);

	if (length < 0)
		return;
	if (length > REPORT_SIZE - 1)
		length = REPORT_SIZE - 1;
	for (int i = 0; i < length; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[length++] = '\n';
	/* a supervisor that does not read will not miss it */
	(void)!send(CHANNEL_FD, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Fewer than the supervisor takes for a defect. */
static bool
permitted(void)
{
	static monotime_t quiet; /* when all that was said is forgotten */
	monotime_t now = monotime_now();

	if (monotime_before(quiet, now))
		quiet = now;
	if (monotime_sub(quiet, now) >= BURST * REFILL_NS)
		return false;
	quiet = monotime_add(quiet, REFILL_NS);
	return true;
}

void
report_ready(const char *listen, const char *sandbox)
{
	char text[REPORT_SIZE];

	snprintf(text, sizeof(text), "%s%s%ssandbox %s", listen != NULL ? "serving " : "", listen != NULL ? listen : "",
	    listen != NULL ? "; " : "", sandbox);
	say("ready", text);
}

void
report_problem(const char *format, ...)
{
	char text[REPORT_SIZE];
	va_list arguments;

	if (!permitted())
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say("problem", text);
}

void
report_fatal(const char *format, ...)
{
	char text[REPORT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say("problem", text);
	exit(EXIT_FAILURE);
}
