/*
 * without [CALL[=ERRNO] ...] [landlock=ABI] -- PROGRAM [ARGUMENT ...]: runs a program as in a kernel that lacks these
 * system calls (ENOSYS, or another errno), or has an older Landlock. Touches nothing but its own filter, which the
 * program and its children keep; for the version a process stays that answers in the kernel's place, until the program
 * ends.
 */
#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LANDLOCK_CREATE_RULESET 444 /* as libseccomp may be too old to know */
#define CREATE_VERSION 1	    /* the flag that asks for the version */

static long abi; /* 0: the kernel's own */

static int
usage(void)
{
	fprintf(stderr, "usage: without [CALL[=ERRNO] ...] [landlock=ABI] -- PROGRAM [ARGUMENT ...]\n");
	return 2;
}

/* Returns 0 or a negative errno. */
static int
rule_add(scmp_filter_ctx filter, char *text)
{
	char *value = strchr(text, '=');
	long number = value != NULL ? strtol(value + 1, NULL, 10) : ENOSYS;
	int call;

	if (value != NULL)
		*value = '\0';
	if (strcmp(text, "landlock") == 0) {
		abi = number;
		return seccomp_rule_add(filter, SCMP_ACT_NOTIFY, LANDLOCK_CREATE_RULESET, 1,
		    SCMP_A2(SCMP_CMP_EQ, CREATE_VERSION, 0));
	}
	call = strcmp(text, "landlock_create_ruleset") == 0 ? LANDLOCK_CREATE_RULESET : seccomp_syscall_resolve_name(text);
	return call == __NR_SCMP_ERROR ? -EINVAL : seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)number), call, 0);
}

/* Say the version, whenever asked, until the program has ended. */
static _Noreturn void
answer(int notifications, pid_t program)
{
	struct pollfd fds[] = {{.fd = notifications, .events = POLLIN}, {.fd = pidfd_open(program, 0), .events = POLLIN}};
	struct seccomp_notif_resp *response;
	struct seccomp_notif *request;

	if (fds[1].fd == -1 || seccomp_notify_alloc(&request, &response) != 0)
		_exit(1);
	while (poll(fds, 2, -1) != -1 && fds[1].revents == 0) {
		memset(request, 0, sizeof(*request));
		if ((fds[0].revents & POLLIN) == 0 || seccomp_notify_receive(notifications, request) != 0)
			continue;
		memset(response, 0, sizeof(*response));
		response->id = request->id;
		response->val = abi;
		seccomp_notify_respond(notifications, response);
	}
	_exit(0);
}

/* Not a child of the program's, which may wait for all it has. Returns whether it could be started. */
static bool
answerer_start(int notifications)
{
	pid_t program = getpid(), between = fork();
	int status = 1;

	if (between == 0) {
		if (fork() == 0) {
			setsid();
			close(STDOUT_FILENO);
			answer(notifications, program);
		}
		_exit(0);
	}
	return between != -1 && waitpid(between, &status, 0) == between && status == 0;
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int i, status = 0, notifications = -1;

	if (filter == NULL)
		return 1;
	/* as root the filter needs no no_new_privs, which would keep capabilities of files from the program */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, geteuid() == 0 ? 0 : 1);
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0 && status == 0; i++)
		status = rule_add(filter, argv[i]);
	if (status == 0 && i + 1 >= argc)
		return usage();
	if (status == 0 && (status = seccomp_load(filter)) == 0 && abi != 0) {
		notifications = seccomp_notify_fd(filter);
		if (!answerer_start(notifications))
			status = -ECHILD;
		close(notifications);
	}
	if (status < 0) {
		fprintf(stderr, "without: %s\n", strerror(-status));
		return 1;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
