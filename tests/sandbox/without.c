/*
 * without CALL[=ERRNO] ... -- PROGRAM [ARGUMENT ...]: runs a program where these system calls fail, with ENOSYS as in a
 * kernel that does not have them. Touches nothing but its own filter, which the program and its children keep.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int
usage(void)
{
	fprintf(stderr, "usage: without CALL[=ERRNO] ... -- PROGRAM [ARGUMENT ...]\n");
	return 2;
}

static int
rule_add(scmp_filter_ctx filter, char *text)
{
	char *value = strchr(text, '=');
	unsigned error = value != NULL ? (unsigned)strtoul(value + 1, NULL, 10) : ENOSYS;
	int number;

	if (value != NULL)
		*value = '\0';
	number = seccomp_syscall_resolve_name(text);
	if (number == __NR_SCMP_ERROR && strncmp(text, "landlock_", strlen("landlock_")) == 0)
		number = strcmp(text, "landlock_create_ruleset") == 0 ? 444 : strcmp(text, "landlock_add_rule") == 0 ? 445 : 446;
	if (number == __NR_SCMP_ERROR)
		return -EINVAL;
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), number, 0);
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int i, status = 0;

	if (filter == NULL)
		return 1;
	/* as root the filter needs no no_new_privs, which would keep file capabilities from the program */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, geteuid() == 0 ? 0 : 1);
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0 && status == 0; i++)
		status = rule_add(filter, argv[i]);
	if (status == 0 && i + 1 >= argc)
		return usage();
	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	if (status < 0) {
		fprintf(stderr, "without: %s\n", strerror(-status));
		return 1;
	}
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
