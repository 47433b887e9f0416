/*
 * System call filters of workers: one program for each set of needs that checks of this spawner's method can have,
 * compiled once in the spawner, so that a worker only enters it. Invariant: a worker whose needs have no program does
 * not run.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/seccomp_filter.h"
#include "sandbox_mechanism.h"

#define PROGRAMS_MAX 16 /* subsets of a method's may_need */

static struct {
	unsigned needs;
	struct sock_fprog program;
} programs[PROGRAMS_MAX];
static size_t program_count;

static bool
filter_compile(unsigned needs, struct sock_fprog *program, char text[static MECHANISM_TEXT_SIZE])
{
	struct seccomp_filter *filter = seccomp_filter_new(false);
	char error[SECCOMP_ERROR_SIZE];

	if (filter == NULL) {
		snprintf(text, MECHANISM_TEXT_SIZE, "cannot make a filter: out of memory, or an unknown architecture");
		return false;
	}
	for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++)
		if (set->need == 0 || (set->need & needs) != 0)
			seccomp_filter_allow(filter, set->calls);
	seccomp_filter_kill(filter, sandbox_calls_killing);
	seccomp_filter_errno(filter, sandbox_calls_opening, EACCES);
	seccomp_filter_errno(filter, sandbox_calls_absent, ENOSYS);
	if (seccomp_filter_compile(filter, program, error))
		return true;
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", error);
	return false;
}

bool
seccomp_prepare(const struct check_method *method, char text[static MECHANISM_TEXT_SIZE])
{
	unsigned subset = 0;

	if ((method->needs & NEED_COMMANDS) != 0)
		return true;
	/* counts through the subsets of may_need, from the empty one */
	do {
		if (program_count == PROGRAMS_MAX) {
			snprintf(text, MECHANISM_TEXT_SIZE, "too many sets of needs");
			return false;
		}
		programs[program_count].needs = method->needs | subset;
		if (!filter_compile(method->needs | subset, &programs[program_count].program, text))
			return false;
		program_count++;
		subset = (subset - method->may_need) & method->may_need;
	} while (subset != 0);
	return true;
}

/* The kernel's answer, when it does not know filters, or this form of them. */
static enum mechanism_end
program_enter(const struct sock_fprog *program, char text[static MECHANISM_TEXT_SIZE])
{
	if (seccomp_enter(program))
		return MECHANISM_APPLIED;
	if (errno == ENOSYS || errno == EINVAL) {
		snprintf(text, MECHANISM_TEXT_SIZE, "not in this kernel");
		return MECHANISM_LACKING;
	}
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", strerror(errno));
	return MECHANISM_FAILED;
}

enum mechanism_end
seccomp_profile_enter(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	unsigned needs = sandbox->profile.needs;

	if ((needs & NEED_COMMANDS) != 0)
		return MECHANISM_IDLE;
	for (size_t i = 0; i < program_count; i++) {
		if (programs[i].needs == needs)
			return program_enter(&programs[i].program, text);
	}
	snprintf(text, MECHANISM_TEXT_SIZE, "no filter for needs 0x%x", needs);
	return MECHANISM_FAILED;
}

enum mechanism_end
seccomp_enter_spawner(const struct check_method *method, char text[static MECHANISM_TEXT_SIZE])
{
	struct sock_fprog program;
	enum mechanism_end end;

	if (!filter_compile(method->needs | method->may_need | method->prepares | NEED_SPAWNER, &program, text))
		return MECHANISM_FAILED;
	end = program_enter(&program, text);
	free(program.filter);
	return end;
}
