/*
 * libseccomp's filter, and the kernel's way to enter it. Invariant: the first rule for a call decides which kind
 * (allowed, refused, killing) all of its rules are, because libseccomp lets an unconditional rule swallow the others.
 */
#include "seccomp_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS_MAX 512 /* system calls that rules name: no architecture has more */

struct seccomp_filter {
	scmp_filter_ctx context;
	uint32_t otherwise;
	int error; /* errno of the first rule that could not be added */
	const char *failed;
	size_t count;
	struct {
		int call;
		uint32_t action;
	} ruled[CALLS_MAX];
};

bool
seccomp_available(void)
{
	const uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

struct seccomp_filter *
seccomp_filter_new(bool allow)
{
	struct seccomp_filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL)
		return NULL;
	filter->otherwise = allow ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM);
	if ((filter->context = seccomp_init(filter->otherwise)) == NULL) {
		free(filter);
		return NULL;
	}
	return filter;
}

/*
 * libseccomp's word on a call that was made with errno 0: without memory it may leave out a part of the filter and
 * report success. Returns 0 or an errno.
 */
static int
verdict(int status)
{
	if (status < 0)
		return -status;
	return errno == ENOMEM ? ENOMEM : 0;
}

/* Whether a rule with this action may be added for the call. */
static bool
rule_due(struct seccomp_filter *filter, int call, uint32_t action)
{
	for (size_t i = 0; i < filter->count; i++)
		if (filter->ruled[i].call == call)
			return filter->ruled[i].action == action;
	if (filter->count == CALLS_MAX)
		return false;
	filter->ruled[filter->count].call = call;
	filter->ruled[filter->count++].action = action;
	return true;
}

static void
rule_add(struct seccomp_filter *filter, const struct sandbox_call *call, uint32_t action)
{
	struct scmp_arg_cmp compare[SANDBOX_COMPARISONS_MAX];
	int number = seccomp_syscall_resolve_name(call->name), error;

	/* negative: unknown to libseccomp, or another architecture's */
	if (number < 0 || action == filter->otherwise || !rule_due(filter, number, action))
		return;
	for (unsigned i = 0; i < call->comparisons; i++)
		compare[i] = SCMP_CMP(call->compare[i].argument, SCMP_CMP_MASKED_EQ, call->compare[i].mask,
		    call->compare[i].value);
	errno = 0;
	error = verdict(seccomp_rule_add_array(filter->context, action, number, call->comparisons, compare));
	/* EEXIST: two needs that share a rule */
	if (error != 0 && error != EEXIST && filter->error == 0) {
		filter->error = error;
		filter->failed = call->name;
	}
}

void
seccomp_filter_allow(struct seccomp_filter *filter, const struct sandbox_call *calls)
{
	for (; calls->name != NULL; calls++)
		rule_add(filter, calls, SCMP_ACT_ALLOW);
}

void
seccomp_filter_refuse(struct seccomp_filter *filter, const struct sandbox_call *calls, int error)
{
	for (; calls->name != NULL; calls++)
		rule_add(filter, calls, SCMP_ACT_ERRNO((uint32_t)error));
}

static void
names_add(struct seccomp_filter *filter, const char *const *names, uint32_t action)
{
	for (; *names != NULL; names++) {
		const struct sandbox_call call = {.name = *names};

		rule_add(filter, &call, action);
	}
}

void
seccomp_filter_kill(struct seccomp_filter *filter, const char *const *names)
{
	names_add(filter, names, SCMP_ACT_KILL_PROCESS);
}

void
seccomp_filter_errno(struct seccomp_filter *filter, const char *const *names, int error)
{
	names_add(filter, names, SCMP_ACT_ERRNO((uint32_t)error));
}

/* Read a file's content as a program. Returns false with errno. */
static bool
program_read(int fd, struct sock_fprog *program)
{
	off_t length = lseek(fd, 0, SEEK_END);

	if (length <= 0 || length / (off_t)sizeof(*program->filter) > BPF_MAXINSNS) {
		errno = E2BIG;
		return false;
	}
	if ((program->filter = malloc((size_t)length)) == NULL)
		return false;
	if (pread(fd, program->filter, (size_t)length, 0) != (ssize_t)length) {
		free(program->filter);
		errno = EIO;
		return false;
	}
	program->len = (unsigned short)((size_t)length / sizeof(*program->filter));
	return true;
}

static bool
program_export(scmp_filter_ctx context, struct sock_fprog *program, char error[static SECCOMP_ERROR_SIZE])
{
	int fd = memfd_create("filter", MFD_CLOEXEC), problem;
	bool made = false;

	if (fd == -1) {
		snprintf(error, SECCOMP_ERROR_SIZE, "memfd_create: %s", strerror(errno));
		return false;
	}
	errno = 0;
	if ((problem = verdict(seccomp_export_bpf(context, fd))) != 0)
		snprintf(error, SECCOMP_ERROR_SIZE, "compiling the filter: %s", strerror(problem));
	else if (!(made = program_read(fd, program)))
		snprintf(error, SECCOMP_ERROR_SIZE, "reading the filter: %s", strerror(errno));
	close(fd);
	return made;
}

bool
seccomp_filter_compile(struct seccomp_filter *filter, struct sock_fprog *program, char error[static SECCOMP_ERROR_SIZE])
{
	bool made = false;

	/* as for the calls that kill: not the calling thread alone */
	seccomp_attr_set(filter->context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* a binary tree instead of a chain: the calls that matter are looked up in a few steps */
	seccomp_attr_set(filter->context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (filter->error != 0)
		snprintf(error, SECCOMP_ERROR_SIZE, "rule for %s: %s", filter->failed, strerror(filter->error));
	else
		made = program_export(filter->context, program, error);
	seccomp_release(filter->context);
	free(filter);
	return made;
}

bool
seccomp_enter(const struct sock_fprog *program)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program) == 0;
}
