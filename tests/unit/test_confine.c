/*
 * The supervisor's confinement from inside: what is left works, what is gone is refused or ends the process. Each
 * attempt is made by a process of its own.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/landlock.h"
#include "../../common/log.h"
#include "../../supervisor/confine.h"
#include "../../supervisor/program.h"
#include "../../supervisor/state.h"
#include "unit.h"

#define AGAIN "again" /* the program was executed anew */
#define AGAIN_STATUS 42

static char directory[] = "/tmp/exacheck-test-XXXXXX";
static char here[64], elsewhere[64], script[64];
static int state_file, state_file_before;
static unsigned errors;
static char *no_environment[] = {NULL};

static void
count_log(enum log_level level, const char *subject, const char *line)
{
	(void)subject;
	(void)line;
	errors += level <= LOG_LEVEL_WARNING;
}

static void
setup(void)
{
	FILE *file;

	log_set_sink(count_log);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(here, sizeof(here), "%s/here", directory);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", directory);
	snprintf(script, sizeof(script), "%s/script", directory);
	ck_assert_int_eq(mkdir(here, 0755), 0);
	ck_assert_int_eq(mkdir(elsewhere, 0755), 0);
	ck_assert_ptr_nonnull(file = fopen(script, "w"));
	fputs("#!/bin/sh\nexit 0\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(script, 0755), 0);
}

static void
teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static long
execute(const char *path, const char *argument)
{
	char *argv[] = {strdup(path), strdup(argument), NULL};

	return execve(path, argv, no_environment);
}

static long try_unix(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }
static long try_inet(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long try_inet6(void) { return socket(AF_INET6, SOCK_DGRAM, 0); }
static long try_raw(void) { return socket(AF_INET, SOCK_RAW, 1); }
static long try_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static long try_packet(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static long try_alg(void) { return socket(AF_ALG, SOCK_SEQPACKET, 0); }
static long try_vsock(void) { return socket(AF_VSOCK, SOCK_STREAM, 0); }
static long try_unspecified(void) { return socket(AF_UNSPEC, SOCK_STREAM, 0); }
static long try_unknown_family(void) { return socket(65, SOCK_STREAM, 0); }

static long try_signal(void) { return kill(getppid(), 0); }
static long try_write(void) { return open(here, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }
static long try_execute_again(void) { return execute("/proc/self/exe", AGAIN); }

static long
try_move(void)
{
	char from[80], to[80];

	snprintf(from, sizeof(from), "%s/file", here);
	snprintf(to, sizeof(to), "%s/file", elsewhere);
	return close(open(from, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0 ? rename(from, to) : -1;
}

static int mark;

static void *
thread_main(void *argument)
{
	(void)argument;
	return &mark;
}

static long
try_thread(void)
{
	pthread_t thread;
	void *result = NULL;

	if (pthread_create(&thread, NULL, thread_main, NULL) != 0 || pthread_join(thread, &result) != 0)
		return -1;
	return result == &mark ? 0 : -1;
}

static long try_execute(void) { return execute("/bin/true", ""); }

/* What replaces this program lies beside it. */
static long
try_execute_beside(void)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s.other", program_path());
	return execute(path, AGAIN);
}

/* The state is no way to bring a program in, whatever mode it is given. */
static long
execute_file(int file)
{
	char path[64];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	while (sendfile(file, from, NULL, 1 << 20) > 0)
		;
	close(from);
	fchmod(file, 0755);
	/* a file that is open for writing cannot be executed: that must not be what keeps it from being */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	from = open(path, O_RDONLY | O_CLOEXEC);
	close(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", from);
	return execute(path, AGAIN);
}

static long try_execute_state(void) { return execute_file(state_file); }
static long try_execute_old_state(void) { return execute_file(state_file_before); }

static long try_execute_script(void) { return execute(script, ""); }
static long try_execveat(void) { return syscall(SYS_execveat, open("/bin/true", O_PATH), "", NULL, NULL, 0x1000); }
static long try_memfd(void) { return syscall(SYS_memfd_create, "name", 0); }
static long try_ring(void) { return syscall(SYS_io_uring_setup, 1, NULL); }
#ifndef SANDBOX_SANITIZED
static long try_fork(void) { return fork(); }
static long try_clone(void) { return syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, NULL); }
static long try_clone3(void) { return syscall(SYS_clone3, NULL, 0); }
static long try_ptrace(void) { return syscall(SYS_ptrace, 16, getppid(), 0, 0); }
#endif
static long try_read_memory(void) { return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0); }
static long try_mount(void) { return syscall(SYS_mount, "none", here, "tmpfs", 0, NULL); }
static long try_unmount(void) { return syscall(SYS_umount2, here, 0); }
static long try_pivot(void) { return syscall(SYS_pivot_root, here, here); }
static long try_chroot(void) { return chroot(here); }
static long try_unshare(void) { return unshare(CLONE_NEWUSER); }
static long try_setns(void) { return setns(-1, 0); }
static long try_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0); }
static long try_kexec(void) { return syscall(SYS_kexec_load, 0, 0, NULL, 0); }
static long try_module(void) { return syscall(SYS_init_module, NULL, 0, ""); }
static long try_module_file(void) { return syscall(SYS_finit_module, -1, "", 0); }
static long try_unload(void) { return syscall(SYS_delete_module, "none", 0); }
static long try_keys(void) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0); }
static long try_perf(void) { return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0); }
static long try_userfaultfd(void) { return syscall(SYS_userfaultfd, 0); }
static long try_handle(void) { return syscall(SYS_open_by_handle_at, -1, NULL, 0); }
static long try_reboot(void) { return syscall(SYS_reboot, 0, 0, 0, NULL); } /* without its magic: EINVAL */
static long try_swap(void) { return syscall(SYS_swapoff, ""); }
static long try_clock(void) { return syscall(SYS_settimeofday, NULL, NULL); }
static long try_clock_set(void) { return syscall(SYS_clock_settime, -1, NULL); }

enum { ALLOWED = 0, ANEW = -1, KILLED = -2 };

static const struct {
	const char *name;
	long (*attempt)(void);
	int end; /* ALLOWED, ANEW, KILLED or an errno */
	bool landlock; /* is what does it */
} attempts[] = {
	{"AF_UNIX", try_unix, ALLOWED, false},
	{"signal", try_signal, ALLOWED, false},
	{"write a file", try_write, ALLOWED, false},
	{"move a file", try_move, ALLOWED, false},
	{"thread", try_thread, ALLOWED, false},
	{"execute itself", try_execute_again, ANEW, false},
	{"execute its successor", try_execute_beside, ANEW, false},
	{"execute the state", try_execute_state, EACCES, false},
	{"execute the state of before 6.3", try_execute_old_state, EACCES, true},
	{"AF_INET", try_inet, EAFNOSUPPORT, false},
	{"AF_INET6", try_inet6, EAFNOSUPPORT, false},
	{"raw", try_raw, EAFNOSUPPORT, false},
	{"AF_NETLINK", try_netlink, EAFNOSUPPORT, false},
	{"AF_PACKET", try_packet, EAFNOSUPPORT, false},
	{"AF_ALG", try_alg, EAFNOSUPPORT, false},
	{"AF_VSOCK", try_vsock, EAFNOSUPPORT, false},
	{"AF_UNSPEC", try_unspecified, EAFNOSUPPORT, false},
	{"unknown family", try_unknown_family, EAFNOSUPPORT, false},
	{"execute", try_execute, EACCES, true},
	{"execute a script", try_execute_script, EACCES, true},
	{"execveat", try_execveat, EPERM, false},
	{"memfd_create", try_memfd, EPERM, false},
	{"io_uring", try_ring, EPERM, false},
#ifndef SANDBOX_SANITIZED
	{"fork", try_fork, EPERM, false},
	{"clone", try_clone, EPERM, false},
	{"clone3", try_clone3, ENOSYS, false},
	{"ptrace", try_ptrace, KILLED, false},
#endif
	{"process_vm_readv", try_read_memory, KILLED, false},
	{"mount", try_mount, KILLED, false},
	{"umount2", try_unmount, KILLED, false},
	{"pivot_root", try_pivot, KILLED, false},
	{"chroot", try_chroot, KILLED, false},
	{"unshare", try_unshare, KILLED, false},
	{"setns", try_setns, KILLED, false},
	{"bpf", try_bpf, KILLED, false},
	{"kexec_load", try_kexec, KILLED, false},
	{"init_module", try_module, KILLED, false},
	{"finit_module", try_module_file, KILLED, false},
	{"delete_module", try_unload, KILLED, false},
	{"keyctl", try_keys, KILLED, false},
	{"perf_event_open", try_perf, KILLED, false},
	{"userfaultfd", try_userfaultfd, KILLED, false},
	{"open_by_handle_at", try_handle, KILLED, false},
	{"reboot", try_reboot, KILLED, false},
	{"swapoff", try_swap, KILLED, false},
	{"settimeofday", try_clock, KILLED, false},
	{"clock_settime", try_clock_set, KILLED, false},
};

/* In a child: confine, try; the wait status says how it went: the errno, 0 or a signal. */
static int
attempt_make(long (*attempt)(void), enum sandbox_level level)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0); /* as the supervisor; and no core file */
		if ((state_file = state_file_new()) == -1 || (state_file_before = state_file_old()) == -1)
			_exit(254);
		if (!supervisor_confine(level) || errors != 0)
			_exit(255);
		_exit(attempt() == -1 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(attempt_ends_as_it_must)
{
	int status = attempt_make(attempts[_i].attempt, SANDBOX_LEVEL_BEST_EFFORT), end = attempts[_i].end;

	if (end == KILLED)
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: wait status 0x%x", attempts[_i].name,
		    (unsigned)status);
	else
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == (end == ANEW ? AGAIN_STATUS : end),
		    "%s: wait status 0x%x", attempts[_i].name, (unsigned)status);
}
END_TEST

/* The same attempts are possible without: otherwise they would prove nothing. (None that could do harm.) */
START_TEST(nothing_is_refused_at_level_off)
{
	int status = attempt_make(attempts[_i].attempt, SANDBOX_LEVEL_OFF), end = attempts[_i].end;

	if (end == ALLOWED || attempts[_i].attempt == try_inet || attempts[_i].attempt == try_execute ||
	    attempts[_i].attempt == try_memfd)
		ck_assert_msg(WEXITSTATUS(status) == 0, "%s: wait status 0x%x", attempts[_i].name, (unsigned)status);
	if (end == ANEW || attempts[_i].attempt == try_execute_old_state)
		ck_assert_msg(WEXITSTATUS(status) == AGAIN_STATUS, "%s: wait status 0x%x", attempts[_i].name, (unsigned)status);
}
END_TEST

static long
try_status(void)
{
	char line[128];
	unsigned found = 0;
	FILE *file = fopen("/proc/self/status", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		found += strcmp(line, "NoNewPrivs:\t1\n") == 0 || strcmp(line, "Seccomp:\t2\n") == 0;
	errno = found == 2 ? 0 : EINVAL;
	return found == 2 ? 0 : -1;
}

START_TEST(strict_is_all_or_nothing)
{
	int status = attempt_make(try_status, SANDBOX_LEVEL_STRICT);

	ck_assert_int_eq(WEXITSTATUS(status), landlock_abi() > 0 ? 0 : 255);
	ck_assert(!WIFSIGNALED(status));
}
END_TEST

int
main(int argc, char **argv)
{
	char command[2 * PATH_MAX + 32];
	Suite *suite;
	TCase *tcase;
	int status;

	if (argc == 2 && strcmp(argv[1], AGAIN) == 0)
		_exit(AGAIN_STATUS);
	if (!program_remember(argv, environ))
		return EXIT_FAILURE;
	snprintf(command, sizeof(command), "cp '%s' '%s.other'", program_path(), program_path());
	if (system(command) != 0)
		return EXIT_FAILURE;
	suite = suite_create("confine");
	tcase = unit_case(suite, "confine");
	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_checked_fixture(tcase, setup, teardown);
	for (int i = 0; i < (int)COUNT(attempts); i++) {
		if (!attempts[i].landlock || landlock_abi() > 0)
			tcase_add_loop_test(tcase, attempt_ends_as_it_must, i, i + 1);
		if (attempts[i].end != KILLED)
			tcase_add_loop_test(tcase, nothing_is_refused_at_level_off, i, i + 1);
	}
	tcase_add_test(tcase, strict_is_all_or_nothing);
	status = unit_run(suite);
	snprintf(command, sizeof(command), "%s.other", program_path());
	unlink(command);
	return status;
}
