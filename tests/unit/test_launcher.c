/*
 * The launcher: what it starts and how, what it refuses, and what becomes of requests when it does not answer.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/log.h"
#include "../../common/message.h"
#include "../../common/methods/method.h"
#include "../../common/monotime.h"
#include "../../supervisor/launcher.h"
#include "unit.h"

#define NOBODY 65534
#define BIT(NUMBER) (1u << (NUMBER))

/* What a started program tells about itself. */
struct portrait {
	pid_t parent;
	bool leader;	 /* of its session */
	bool secret;	 /* the supervisor's environment is there */
	bool blocked;	 /* SIGUSR1 is */
	bool ignored;	 /* SIGTERM is, as by the launcher itself */
	unsigned open;	 /* descriptors */
	unsigned ambient; /* capabilities */
	char level[16];
};

static struct event_base *base;
static struct launcher *launcher;
static char libexec[32];
static unsigned reports, deaths;
static pid_t reported_pid;
static int reported_error;

static void
count_log(enum log_level level, const char *subject, const char *line)
{
	(void)level;
	(void)subject;
	deaths += strstr(line, "the launcher died") != NULL;
}

static size_t
method_index(const char *name)
{
	size_t index = 0;

	while (strcmp(check_methods[index]->name, name) != 0)
		index++;
	return index;
}

/* This program as another: copied, because another user must be able to read it. */
static void
copy_as(const char *name)
{
	char command[256];

	snprintf(command, sizeof(command), "cp /proc/%d/exe %s/%s", (int)getpid(), libexec, name);
	ck_assert_int_eq(system(command), 0);
}

static void
program_copy(const char *method)
{
	char name[64];

	snprintf(name, sizeof(name), "worker-%s", method);
	copy_as(name);
}

static void
start(void)
{
	base = event_base_new();
	ck_assert_ptr_nonnull(base);
	launcher = launcher_start(&(struct launcher_paths){.libexec = libexec});
	ck_assert(launcher != NULL && launcher_attach(launcher, base));
}

static void
setup(void)
{
	sigset_t mask;

	log_set_sink(count_log);
	strcpy(libexec, "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(libexec));
	ck_assert_int_eq(chmod(libexec, 0755), 0);
	setenv("SECRET", "yes", 1);
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	start();
}

static void
teardown(void)
{
	char command[64];

	launcher_free(launcher);
	event_base_free(base);
	snprintf(command, sizeof(command), "rm -rf %s", libexec);
	ck_assert_int_eq(system(command), 0);
}

static void
reported(void *context, pid_t pid, int error)
{
	ck_assert_ptr_eq(context, &reports);
	reports++;
	reported_pid = pid;
	reported_error = error;
}

static void
turn(void)
{
	const struct timeval step = {0, 10000};

	ck_assert_int_eq(event_base_loopexit(base, &step), 0);
	ck_assert_int_ne(event_base_dispatch(base), -1);
}

/* Ask for a program; returns our end of its channel. */
static int
request(size_t program, enum sandbox_level level)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_uint_ne(launcher_request(launcher, program, level, fds[1], reported, &reports), 0);
	close(fds[1]);
	return fds[0];
}

static void
await_report(void)
{
	unsigned before = reports;

	for (int i = 0; i < 2000 && reports == before; i++)
		turn();
	ck_assert_uint_eq(reports, before + 1);
}

static void
program_read(size_t program, struct portrait *portrait)
{
	int channel = request(program, SANDBOX_LEVEL_STRICT);

	await_report();
	ck_assert_int_eq(reported_error, 0);
	ck_assert_int_gt(reported_pid, 0);
	ck_assert_int_eq(recv(channel, portrait, sizeof(*portrait), 0), sizeof(*portrait));
	ck_assert_int_eq(waitpid(reported_pid, NULL, 0), reported_pid);
	close(channel);
}

static void
portrait_read(const char *method, struct portrait *portrait)
{
	program_read(method_index(method), portrait);
}

/* Whether the kernel says that a child of ours other than the launcher ended. */
static bool
child_reaped(int *status)
{
	pid_t pid = waitpid(-1, status, WNOHANG);

	return pid > 0 && !launcher_reaped(launcher, pid, *status);
}

START_TEST(program_is_our_child_and_has_nothing_of_ours)
{
	struct portrait portrait;

	program_copy("tcp");
	portrait_read("tcp", &portrait);
	ck_assert_int_eq(portrait.parent, getpid());
	ck_assert(portrait.leader && !portrait.secret && !portrait.blocked && !portrait.ignored);
	ck_assert_uint_eq(portrait.open, 4);
	ck_assert_str_eq(portrait.level, "strict");
}
END_TEST

START_TEST(missing_program_is_reported)
{
	int channel = request(method_index("dns"), SANDBOX_LEVEL_OFF), status;
	char byte;

	await_report();
	ck_assert_int_eq(reported_pid, 0);
	ck_assert_int_eq(reported_error, ENOENT);
	ck_assert_int_eq(read(channel, &byte, 1), 0); /* nobody holds the other end */
	for (int i = 0; i < 2000 && !child_reaped(&status); i++)
		turn();
	ck_assert_int_eq(WEXITSTATUS(status), 127);
	close(channel);
}
END_TEST

START_TEST(nothing_outside_the_table)
{
	size_t count = 0;

	while (worker_methods[count] != NULL)
		count++;
	close(request(count, SANDBOX_LEVEL_OFF));
	await_report();
	ck_assert_int_eq(reported_error, EINVAL);
	close(request(UINT32_MAX, SANDBOX_LEVEL_OFF));
	await_report();
	ck_assert_int_eq(reported_error, EINVAL);
	close(request(0, SANDBOX_LEVELS));
	await_report();
	ck_assert_int_eq(reported_error, EINVAL);
}
END_TEST

START_TEST(forgotten_program_is_killed)
{
	int fds[2], status = 0;

	program_copy("file");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	close(fds[0]); /* so that it waits for its end */
	launcher_forget(launcher,
	    launcher_request(launcher, method_index("file"), SANDBOX_LEVEL_OFF, fds[1], reported, &reports));
	close(fds[1]);
	for (int i = 0; i < 2000 && !child_reaped(&status); i++)
		turn();
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "wait status 0x%x", (unsigned)status);
	ck_assert_uint_eq(reports, 0);
}
END_TEST

START_TEST(death_is_told_once_and_fails_every_request)
{
	pid_t pid = launcher_pid(launcher);
	int channel;

	close(request(method_index("dns"), SANDBOX_LEVEL_OFF));
	await_report(); /* it has begun its life */
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	kill(pid, SIGHUP);
	kill(pid, SIGINT);
	close(request(method_index("dns"), SANDBOX_LEVEL_OFF));
	await_report();
	ck_assert_int_eq(reported_error, ENOENT); /* it lives */
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	channel = request(method_index("dns"), SANDBOX_LEVEL_OFF);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	await_report();
	ck_assert_int_eq(reported_error, ESRCH);
	ck_assert_uint_eq(launcher_request(launcher, 0, SANDBOX_LEVEL_OFF, channel, reported, &reports), 0);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(launcher_reaped(launcher, pid, SIGKILL));
	ck_assert_int_eq(launcher_pid(launcher), 0);
	ck_assert_uint_eq(deaths, 1);
	close(channel);
}
END_TEST

START_TEST(silence_fails_requests_until_it_answers)
{
	pid_t pid = launcher_pid(launcher);
	int channel, status = 0;

	program_copy("file");
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	channel = request(method_index("file"), SANDBOX_LEVEL_OFF);
	for (int i = 0; i < 2000 && reports == 0; i++)
		turn();
	ck_assert_uint_eq(reports, 1);
	ck_assert_int_eq(reported_error, ETIMEDOUT);
	ck_assert_uint_eq(launcher_request(launcher, 0, SANDBOX_LEVEL_OFF, channel, reported, &reports), 0);
	ck_assert_int_eq(errno, EAGAIN);
	close(channel);
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	for (int i = 0; i < 2000 && !child_reaped(&status); i++)
		turn();
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "wait status 0x%x", (unsigned)status); /* too late: nobody wants it */
	close(request(method_index("dns"), SANDBOX_LEVEL_OFF));
	await_report();
	ck_assert_int_eq(reported_error, ENOENT);
	ck_assert_uint_eq(deaths, 0);
}
END_TEST

START_TEST(stopping_ends_it)
{
	pid_t pid = launcher_pid(launcher);
	int status;

	launcher_stop(launcher);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(launcher_reaped(launcher, pid, status));
	ck_assert_uint_eq(deaths, 0);
}
END_TEST

#define IDENTITY (BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SETPCAP)) /* what programs change identity with */
#define GIVEN (IDENTITY | BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_TIME) | BIT(CAP_NET_BIND_SERVICE) | \
	BIT(CAP_DAC_OVERRIDE))

/* Root in a container has not all of them. */
static bool
given_are_held(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return geteuid() == 0 && syscall(SYS_capget, &header, data) == 0 && (data[0].permitted & GIVEN) == GIVEN;
}

/* Another user with some ambient capabilities, as a service manager would have it. */
static void
become_service(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	data[0].permitted = data[0].inheritable = data[0].effective = GIVEN;
	ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1), 0);
	ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
	for (int number = 0; number < 32; number++)
		if ((data[0].permitted & BIT(number)) != 0)
			ck_assert_int_eq(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0), 0);
}

START_TEST(capabilities_reach_those_that_can_need_them)
{
	struct portrait portrait;

	program_copy("icmp");
	program_copy("tcp");
	program_copy("file");
	copy_as("exacheck-web");
	copy_as("exacheck-log");
	copy_as("exacheck-notify");
	ck_assert_int_eq(chown(libexec, NOBODY, NOBODY), 0);
	launcher_free(launcher);
	event_base_free(base);
	become_service();
	start();
	portrait_read("icmp", &portrait);
	ck_assert_uint_eq(portrait.ambient, IDENTITY | BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN));
	portrait_read("tcp", &portrait);
	ck_assert_uint_eq(portrait.ambient, IDENTITY | BIT(CAP_NET_ADMIN));
	portrait_read("file", &portrait);
	ck_assert_uint_eq(portrait.ambient, IDENTITY);
	program_read(LAUNCHER_WEB, &portrait);
	ck_assert_uint_eq(portrait.ambient, IDENTITY | BIT(CAP_NET_BIND_SERVICE));
	program_read(LAUNCHER_LOG, &portrait);
	ck_assert_uint_eq(portrait.ambient, BIT(CAP_DAC_OVERRIDE));
	program_read(LAUNCHER_NOTIFY, &portrait);
	ck_assert_uint_eq(portrait.ambient, IDENTITY);
}
END_TEST

static unsigned
descriptors_open(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	while (directory != NULL && readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count - 3; /* . and .. and the directory itself */
}

/* As what is launched. */
static int
program_main(const char *level)
{
	struct portrait portrait = {.parent = getppid(), .leader = getsid(0) == getpid(),
	    .secret = getenv("SECRET") != NULL, .open = descriptors_open()};
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	portrait.blocked = sigismember(&mask, SIGUSR1) == 1;
	sigaction(SIGTERM, NULL, &action);
	portrait.ignored = action.sa_handler == SIG_IGN;
	for (int number = 0; number < 32; number++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1)
			portrait.ambient |= BIT(number);
	strncpy(portrait.level, level, sizeof(portrait.level) - 1);
	if (send(CHANNEL_FD, &portrait, sizeof(portrait), MSG_NOSIGNAL) == -1)
		pause(); /* until it is killed */
	return 0;
}

int
main(int argc, char **argv)
{
	Suite *suite;
	TCase *tcase;

	if (argc == 2 && strstr(argv[0], "/test_launcher") == NULL)
		return program_main(argv[1]);
	suite = suite_create("launcher");
	tcase = unit_case(suite, "launcher");
	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, program_is_our_child_and_has_nothing_of_ours);
	tcase_add_test(tcase, missing_program_is_reported);
	tcase_add_test(tcase, nothing_outside_the_table);
	tcase_add_test(tcase, forgotten_program_is_killed);
	tcase_add_test(tcase, death_is_told_once_and_fails_every_request);
	tcase_add_test(tcase, silence_fails_requests_until_it_answers);
	tcase_add_test(tcase, stopping_ends_it);
	if (given_are_held())
		tcase_add_test(tcase, capabilities_reach_those_that_can_need_them);
	return unit_run(suite);
}
