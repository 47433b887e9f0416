/*
 * System call filters of workers: one program for each set of needs that checks of this spawner's method can have,
 * compiled once in the spawner, so that a worker only enters it. Compiling takes a child: what libseccomp leaves of the
 * heap would be copied to every worker, and without memory libseccomp crashes or loops. Invariant: a worker whose needs
 * have no program does not run.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../common/aside.h"
#include "../common/seccomp_filter.h"
#include "sandbox_mechanism.h"

#define COMPILE_LIMIT_S 3
#define PROGRAMS_MAX 17		/* the spawner's own and subsets of a method's may_need */
#define INSTRUCTIONS_MAX 16384	/* of all programs; what is not used takes no memory */

/* Shared with the child that fills it. */
static struct programs {
	size_t count;
	char error[MECHANISM_TEXT_SIZE]; /* why there is not all, if there is not */
	struct {
		unsigned needs;
		unsigned short start, length; /* in instructions */
	} items[PROGRAMS_MAX];
	unsigned short used;
	struct sock_filter instructions[INSTRUCTIONS_MAX];
} *programs;

bool
seccomp_profile_compile(unsigned needs, const struct sandbox_call *const *more, struct sock_fprog *program,
    char text[static MECHANISM_TEXT_SIZE])
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
	for (; more != NULL && *more != NULL; more++)
		seccomp_filter_allow(filter, *more);
	seccomp_filter_kill(filter, sandbox_calls_killing);
	seccomp_filter_errno(filter, sandbox_calls_opening, EACCES);
	seccomp_filter_errno(filter, sandbox_calls_absent, ENOSYS);
	if (seccomp_filter_compile(filter, program, error))
		return true;
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", error);
	return false;
}

/* Returns false with programs->error. */
static bool
program_add(unsigned needs)
{
	struct sock_fprog program;

	if (!seccomp_profile_compile(needs, NULL, &program, programs->error))
		return false;
	if (programs->count == PROGRAMS_MAX || program.len > INSTRUCTIONS_MAX - programs->used) {
		snprintf(programs->error, sizeof(programs->error), "too many filters");
		return false;
	}
	memcpy(programs->instructions + programs->used, program.filter, program.len * sizeof(*program.filter));
	programs->items[programs->count].needs = needs;
	programs->items[programs->count].start = programs->used;
	programs->items[programs->count].length = program.len;
	programs->used = (unsigned short)(programs->used + program.len);
	programs->count++;
	return true;
}

static unsigned
spawner_needs(const struct check_method *method)
{
	return method->needs | method->may_need | method->prepares | NEED_SPAWNER;
}

/* In the child. */
static bool
programs_make(void *context)
{
	const struct check_method *method = context;
	unsigned subset = 0;
	bool added = program_add(spawner_needs(method));

	/* counts through the subsets of may_need, from the empty one */
	do {
		added = added && program_add(method->needs | subset);
		subset = (subset - method->may_need) & method->may_need;
	} while (added && subset != 0);
	return added;
}

/* Memory with what all of a program may hold. NULL with text. */
static struct programs *
programs_map(size_t size, int sharing, char text[static MECHANISM_TEXT_SIZE])
{
	struct programs *map = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

	if (map != MAP_FAILED)
		return map;
	snprintf(text, MECHANISM_TEXT_SIZE, "memory for filters: %s", strerror(errno));
	return NULL;
}

/*
 * Take a copy that is the spawner's own: a worker could write to memory that is shared, whatever its protection, and so
 * choose the filters of workers to come.
 */
static bool
programs_own(char text[static MECHANISM_TEXT_SIZE])
{
	size_t size = offsetof(struct programs, instructions) + programs->used * sizeof(programs->instructions[0]);
	struct programs *own = programs_map(size, MAP_PRIVATE, text);

	if (own != NULL)
		memcpy(own, programs, size);
	munmap(programs, sizeof(*programs));
	programs = own;
	return own != NULL;
}

bool
seccomp_prepare(const struct check_method *method, char text[static MECHANISM_TEXT_SIZE])
{
	static const char unfinished[] = "compiling the filters failed";
	struct check_method copy = *method;

	if (!seccomp_available())
		return true;
	if ((programs = programs_map(sizeof(*programs), MAP_SHARED, text)) == NULL)
		return false;
	memcpy(programs->error, unfinished, sizeof(unfinished));
	if (aside_run(programs_make, &copy, COMPILE_LIMIT_S))
		return programs_own(text);
	if (errno != 0)
		snprintf(programs->error, sizeof(programs->error), "fork: %s", strerror(errno));
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", programs->error);
	return false;
}

/* No program: because seccomp_prepare found that there can be none. */
static enum mechanism_end
filters_lacking(char text[static MECHANISM_TEXT_SIZE])
{
	snprintf(text, MECHANISM_TEXT_SIZE, "not in this kernel");
	return MECHANISM_LACKING;
}

/* Enter the program made for these needs. */
static enum mechanism_end
program_enter(unsigned needs, char text[static MECHANISM_TEXT_SIZE])
{
	struct sock_fprog program = {0};

	if (programs == NULL)
		return filters_lacking(text);
	for (size_t i = 0; i < programs->count; i++)
		if (programs->items[i].needs == needs)
			program = (struct sock_fprog){programs->items[i].length, programs->instructions + programs->items[i].start};
	if (program.len == 0) {
		snprintf(text, MECHANISM_TEXT_SIZE, "no filter for needs 0x%x", needs);
		return MECHANISM_FAILED;
	}
	if (seccomp_enter(&program))
		return MECHANISM_APPLIED;
	if (errno == ENOSYS || errno == EINVAL)
		return filters_lacking(text);
	snprintf(text, MECHANISM_TEXT_SIZE, "%s", strerror(errno));
	return MECHANISM_FAILED;
}

enum mechanism_end
seccomp_profile_enter(const struct sandbox *sandbox, char text[static MECHANISM_TEXT_SIZE])
{
	unsigned needs = sandbox->profile.needs;

	return (needs & NEED_COMMANDS) != 0 ? MECHANISM_IDLE : program_enter(needs, text);
}

enum mechanism_end
seccomp_enter_spawner(const struct check_method *method, char text[static MECHANISM_TEXT_SIZE])
{
	return program_enter(spawner_needs(method), text);
}
