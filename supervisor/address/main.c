/*
 * exacheck-address: puts addresses on interfaces, keeps them there and takes them away. Invariant: it is confined
 * before it reads a line that is not its setup; and it ends without a change, unless it was told to make one. Where it
 * was told that nothing is wanted any more, its status says whether nothing is left.
 */
#include <errno.h>
#include <event2/event.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "../helpers/birth.h"
#include "../helpers/intake.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "keeper.h"
#include "kernel.h"
#include "order.h"

#define NICE 0
/* Between looks that nobody asked for: others may change much; longer and longer while they undo what is done here. */
#define PAUSE_NS (100 * NS_PER_MILLISECOND)
#define PAUSE_MAX_NS (10 * NS_PER_SECOND)
#define PEACE_NS (60 * NS_PER_SECOND) /* then they do not any more */
#define RETRY_NS (10 * NS_PER_SECOND)
#define DESCRIPTORS 64
#define MEMORY ((rlim_t)256 * 1024 * 1024)
#define FAREWELL_S 2

struct program {
	struct event_base *base;
	struct kernel *kernel;
	struct keeper keeper;
	struct event *changed, *look;
	monotime_t looked, disputed; /* when it was looked last, and when an address had to be put back */
	int64_t pause_ns;
};

static void
look_now(struct program *program)
{
	bool done = keeper_look(&program->keeper);

	program->looked = monotime_now();
	if (program->keeper.returned) {
		program->pause_ns = program->pause_ns < PAUSE_MAX_NS / 2 ? program->pause_ns * 2 : PAUSE_MAX_NS;
		program->disputed = program->looked;
	} else if (monotime_sub(program->looked, program->disputed) >= PEACE_NS)
		program->pause_ns = PAUSE_NS;
	event_del(program->look);
	if (!done)
		timer_arm(program->look, RETRY_NS);
}

static void
look_turn(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	look_now(context);
}

/* Something has changed, perhaps by our own hand. */
static void
watch_ready(evutil_socket_t fd, short what, void *context)
{
	struct program *program = context;

	(void)fd;
	(void)what;
	kernel_heard(program->kernel);
	timer_arm(program->look, monotime_left(monotime_add(program->looked, program->pause_ns), monotime_now()));
}

static void
line_seen(void *context, const char *line, size_t length)
{
	struct program *program = context;
	struct order order;

	order_read(&order, line, length);
	switch (order.type) {
	case ORDER_WANT:
		keeper_order(&program->keeper, order.wanted, order.count);
		order.wanted = NULL;
		look_now(program);
		break;
	case ORDER_BYE:
		event_base_loopbreak(program->base);
		break;
	case ORDER_BAD:
		report_fatal("what it is told makes no sense, or there is no memory for it");
	}
	order_clear(&order);
}

static void
lines_paused(void *context)
{
	(void)context;
}

static void
lines_ended(void *context)
{
	struct program *program = context;

	event_base_loopbreak(program->base);
}

/* All that it needs is open: of the system calls that every process of ours may make it needs no others. */
static void
confine(const struct birth *birth, char report[static REPORT_SIZE])
{
	const struct cage cage = {.identity = birth->identity, .keep_identity = !birth->identity.drop,
	    .capabilities = UINT32_C(1) << CAP_NET_ADMIN, .file_size = 0, .processes = 0, .descriptors = DESCRIPTORS,
	    .memory = MEMORY, .farewell_s = FAREWELL_S};

	if (!cage_enter(&cage, report, REPORT_SIZE))
		report_fatal("%s", report);
}

static uint32_t
mark_read(const json_t *setup)
{
	json_int_t mark = json_integer_value(json_object_get(setup, "mark"));

	if (mark <= 0 || mark > UINT32_MAX)
		report_fatal("the setup has no mark");
	return (uint32_t)mark;
}

int
main(void)
{
	static struct program program = {.pause_ns = PAUSE_NS}; /* so that it is not lost at the end */
	const struct intake_calls calls = {line_seen, lines_paused, lines_ended, &program};
	struct birth birth;
	char report[REPORT_SIZE];
	uint32_t mark;

	birth_begin(&birth, "exacheck-address", NICE);
	mark = mark_read(birth.setup);
	json_decref(birth.setup);
	program.base = birth.base;
	if ((program.kernel = kernel_open()) == NULL)
		report_fatal("cannot ask the kernel for addresses: %s", strerror(errno));
	confine(&birth, report);
	keeper_init(&program.keeper, program.kernel, mark);
	program.changed = event_new(birth.base, kernel_watch(program.kernel), EV_READ | EV_PERSIST, watch_ready, &program);
	program.look = evtimer_new(birth.base, look_turn, &program);
	if (program.changed == NULL || program.look == NULL || event_add(program.changed, NULL) == -1 ||
	    !intake_begin(birth.intake, birth.base, &calls))
		report_fatal("out of memory");
	report_ready("sandbox %s", report);
	event_base_dispatch(birth.base);
	/* by _exit, as workers do: what libraries would do last is of no use, and the cage may forbid it */
	_exit(program.keeper.count == 0 && program.keeper.failed ? EXIT_FAILURE : EXIT_SUCCESS);
}
