/*
 * exacheck-log: writes the log for those who read it elsewhere than on standard error. Invariant: it is confined
 * before it reads a line that is not its setup.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "../helpers/birth.h"
#include "../helpers/intake.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "confinement.h"
#include "offspring.h"
#include "outputs.h"

#define NICE 5
#define BYE_NS (700 * NS_PER_MILLISECOND) /* exacheck is about to end */
#define LEAVE_NS (20 * NS_PER_SECOND)	  /* another exacheck-log has begun */
#define ASK_NS (20 * NS_PER_MILLISECOND)

struct program {
	struct event_base *base;
	struct intake *intake;
	struct log_setup setup;
	struct outputs *outputs;
	struct event *end;   /* asks whether all is written */
	bool ending;
	monotime_t deadline; /* then it ends in any case */
	uint64_t puzzles;    /* lines that were no records, since the last that was */
};

static void
end_begin(struct program *program, int64_t limit_ns)
{
	if (program->ending)
		return;
	program->ending = true;
	program->deadline = monotime_add(monotime_now(), limit_ns);
	timer_arm(program->end, 0);
}

static void
end_ask(evutil_socket_t fd, short what, void *context)
{
	struct program *program = context;

	(void)fd;
	(void)what;
	if (outputs_finished(program->outputs) || !monotime_before(monotime_now(), program->deadline))
		event_base_loopbreak(program->base);
	else
		timer_arm(program->end, ASK_NS);
}

static void
loss_write(struct program *program, uint64_t count, const char *why)
{
	char text[RECORD_LOST_SIZE];
	struct log_fields fields;

	record_own(&fields, LOG_HERE, program->setup.pid, record_lost_text(text, count, why));
	outputs_write_own(program->outputs, &fields);
}

static void
puzzles_tell(struct program *program)
{
	static const char why[] = "they made no sense, or there was no memory to read them";

	if (program->puzzles == 0)
		return;
	loss_write(program, program->puzzles, why);
	program->puzzles = 0;
}

static void
line_seen(void *context, const char *line, size_t length)
{
	struct program *program = context;
	struct record record;

	record_read(&record, line, length, program->setup.pid);
	if (record.type != RECORD_BAD)
		puzzles_tell(program);
	switch (record.type) {
	case RECORD_LINE:
		outputs_write(program->outputs, &record.fields);
		break;
	case RECORD_LOST:
		loss_write(program, (uint64_t)record.count, "there were more than could be written in time");
		break;
	case RECORD_REOPEN:
		outputs_reopen(program->outputs);
		break;
	case RECORD_BYE:
		end_begin(program, BYE_NS);
		break;
	case RECORD_LEAVE:
		end_begin(program, LEAVE_NS);
		break;
	case RECORD_BAD:
		program->puzzles++;
	}
	record_clear(&record);
}

static void
lines_paused(void *context)
{
	struct program *program = context;

	puzzles_tell(program);
	outputs_flush(program->outputs);
}

static void
lines_ended(void *context)
{
	end_begin(context, BYE_NS);
}

/* Everything that is done with rights that are given up here. */
static void
outputs_prepare(struct program *program, const struct birth *birth, char report[static REPORT_SIZE])
{
	struct needs needs = {.confined = confinement_holds(&birth->identity)};
	char error[SETUP_ERROR_SIZE];

	umask(0); /* modes are said where files are made */
	signal(SIGXFSZ, SIG_IGN); /* it is an error like others */
	if (!log_setup_read(&program->setup, birth->setup, error))
		report_fatal("%s", error);
	if ((program->outputs = outputs_open(&program->setup, &needs)) == NULL)
		report_fatal("out of memory");
	if (!confinement_enter(&birth->identity, &needs, report, REPORT_SIZE))
		report_fatal("%s", report);
	needs_clear(&needs);
}

int
main(void)
{
	static struct program program; /* so that it is not lost at the end */
	const struct intake_calls calls = {line_seen, lines_paused, lines_ended, &program};
	struct birth birth;
	char report[REPORT_SIZE];

	birth_begin(&birth, "exacheck-log", NICE);
	outputs_prepare(&program, &birth, report);
	json_decref(birth.setup);
	program.base = birth.base;
	program.intake = birth.intake;
	program.end = evtimer_new(birth.base, end_ask, &program);
	if (program.end == NULL || !offspring_begin(birth.base) || !outputs_begin(program.outputs, birth.base) ||
	    !intake_begin(program.intake, birth.base, &calls))
		report_fatal("out of memory");
	report_ready("sandbox %s", report);
	event_base_dispatch(birth.base);
	outputs_flush(program.outputs);
	outputs_close(program.outputs); /* which says what is left */
	offspring_end();
	/* by _exit, as workers do: what libraries would do last is of no use, and the cage may forbid it */
	_exit(EXIT_SUCCESS);
}
