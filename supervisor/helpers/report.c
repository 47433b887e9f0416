/*
 * Words for the supervisor. Touches the channel. Invariant: a line is whole, printable and not too long, or not said.
 */
#include "report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../common/monotime.h"

#define BURST 8
#define REFILL_NS (15 * NS_PER_SECOND)

/* What is too long is cut. */
static void say(const char *kind, const char *format, va_list) __attribute__((format(printf, 2, 0)));
static void say_plain(const char *kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
say(const char *kind, const char *format, va_list arguments)
{
	char line[REPORT_SIZE + 1];
	int length = snprintf(line, sizeof(line), "%s: ", kind), more;

	if (length < 0 || length >= REPORT_SIZE)
		return;
	if ((more = vsnprintf(line + length, sizeof(line) - (size_t)length, format, arguments)) < 0)
		return;
	length = more < REPORT_SIZE - 1 - length ? length + more : REPORT_SIZE - 1;
	for (int i = 0; i < length; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[length++] = '\n';
	/* a supervisor that does not read will not miss it */
	(void)!send(CHANNEL_FD, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
say_plain(const char *kind, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(kind, format, arguments);
	va_end(arguments);
}

/* Fewer than the supervisor takes for a defect. That some are left out is said, when it begins. */
static bool
permitted(void)
{
	static monotime_t quiet; /* when all that was said is forgotten */
	static bool leaving_out;
	monotime_t now = monotime_now();

	if (monotime_before(quiet, now))
		quiet = now;
	if (monotime_sub(quiet, now) >= BURST * REFILL_NS) {
		if (!leaving_out)
			say_plain("note", "there is more to say than this log is to hold: some of it is left out");
		leaving_out = true;
		return false;
	}
	leaving_out = false;
	quiet = monotime_add(quiet, REFILL_NS);
	return true;
}

void
report_ready(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("ready", format, arguments);
	va_end(arguments);
}

void
report_problem(const char *format, ...)
{
	va_list arguments;

	if (!permitted())
		return;
	va_start(arguments, format);
	say("problem", format, arguments);
	va_end(arguments);
}

void
report_note(const char *format, ...)
{
	va_list arguments;

	if (!permitted())
		return;
	va_start(arguments, format);
	say("note", format, arguments);
	va_end(arguments);
}

void
report_answer(const char *kind, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(kind, format, arguments);
	va_end(arguments);
}

void
report_fatal(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("problem", format, arguments);
	va_end(arguments);
	/* not exit: what libraries would do last is of no use, and the sandbox may forbid it */
	_exit(EXIT_FAILURE);
}
