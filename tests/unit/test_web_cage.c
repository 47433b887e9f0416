/*
 * exacheck-web's sandbox from inside: what is left, and what is not, each attempt in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/landlock.h"
#include "../../common/seccomp_filter.h"
#include "../../supervisor/web/profile.h"
#include "unit.h"

#ifdef SANDBOX_SANITIZED
#define SANITIZED true /* such a build may do more */
#else
#define SANITIZED false
#endif
#define NOBODY 65534
#define NOT_CAGED 200

static char place[64], own[128], other[128];
static int listening;

static void
setup(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	snprintf(place, sizeof(place), "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	snprintf(own, sizeof(own), "%s/own", place);
	snprintf(other, sizeof(other), "%s/other", place);
	ck_assert(mkdir(own, 0777) == 0 && mkdir(other, 0777) == 0);
	ck_assert(chmod(place, 0755) == 0 && chmod(own, 0777) == 0 && chmod(other, 0777) == 0);
	listening = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert(listening != -1 && bind(listening, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(listening, 1) == 0);
}

static void
teardown(void)
{
	char command[128];

	close(listening);
	snprintf(command, sizeof(command), "rm -rf %s", place);
	ck_assert_int_eq(system(command), 0);
}

/* The attempts: each returns 0 or an errno. */

static int
told(bool done)
{
	return done ? 0 : errno;
}

static int
file_make(const char *directory, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) == -1)
		return errno;
	close(fd);
	return 0;
}

static int
make_own(void)
{
	char path[256], name[256];
	int error = file_make(own, "new");

	snprintf(path, sizeof(path), "%s/new", own);
	snprintf(name, sizeof(name), "%s/name", own);
	return error != 0 ? error : told(rename(path, name) == 0 && unlink(name) == 0);
}

static int
make_other(void)
{
	return file_make(other, "new");
}

static int
read_other(void)
{
	return told(open("/etc/passwd", O_RDONLY | O_CLOEXEC) != -1);
}

static int
list_other(void)
{
	return told(open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) != -1);
}

static int
make_directory(void)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/made", own);
	return told(mkdir(path, 0755) == 0);
}

static int
make_socket(void)
{
	return told(socket(AF_INET, SOCK_STREAM, 0) != -1);
}

static int
make_pair(void)
{
	int fds[2];

	return told(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
}

/* The one socket that is there is no way out either. */
static int
connect_with_own(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(9)};

	return told(connect(listening, (struct sockaddr *)&address, sizeof(address)) == 0);
}

static int
accept_one(void)
{
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return told(fd != -1 || errno == EAGAIN);
}

static int
make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return told(pid != -1);
}

static int
kill_parent(void)
{
	return told(kill(getppid(), 0) == 0);
}

static int
execute(void)
{
	return told(execl("/bin/true", "true", NULL) != -1);
}

static int
trace(void)
{
	return told(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static int
become_root(void)
{
	return told(setuid(0) == 0);
}

static int
reuse_address(void)
{
	const int on = 1;

	return told(setsockopt(listening, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
}

static const struct {
	const char *name;
	int (*attempt)(void);
	int caged[2]; /* an errno, or 0 - with files and without */
	int killed;   /* by this signal instead */
} attempts[] = {
	{"make, rename and remove a file where it may", make_own, {0, EACCES}, 0},
	{"make one elsewhere", make_other, {EACCES, EACCES}, 0},
	{"read one", read_other, {EACCES, EACCES}, 0},
	{"list a directory", list_other, {EACCES, EACCES}, 0},
	{"make a directory", make_directory, {EPERM, EPERM}, 0},
	{"make a socket", make_socket, {EPERM, EPERM}, 0},
	{"make a pair", make_pair, {EPERM, EPERM}, 0},
	{"connect what listens", connect_with_own, {EPERM, EPERM}, 0},
	{"accept", accept_one, {0, 0}, 0},
	{"make a process", make_process, {EPERM, EPERM}, 0},
	{"signal its parent", kill_parent, {EPERM, EPERM}, 0},
	{"execute", execute, {0, 0}, SIGSYS},
	{"trace", trace, {0, 0}, SIGSYS},
	{"become root", become_root, {EPERM, EPERM}, 0},
	{"change what listens", reuse_address, {EPERM, EPERM}, 0},
};

/* In a child: the attempt in the sandbox, whose end is the outcome. */
static _Noreturn void
attempt_caged(int (*attempt)(void), bool files)
{
	const struct cage_identity wanted = {.drop = geteuid() == 0, .uid = NOBODY, .gid = NOBODY,
	    .sandbox = SANDBOX_LEVEL_STRICT};
	int directory = -1;
	char report[200];

	if (fcntl(listening, F_SETFL, O_NONBLOCK) == -1)
		_exit(NOT_CAGED);
	if (files && (directory = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		_exit(NOT_CAGED);
	_exit(profile_enter(&wanted, &directory, files ? 1 : 0, report, sizeof(report)) ? attempt() : NOT_CAGED);
}

static int
outcome(int (*attempt)(void), bool files)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		attempt_caged(attempt, files);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(attempt)
{
	const int expected = attempts[_i].killed;

	for (int without = 0; without < 2; without++) {
		int status = outcome(attempts[_i].attempt, without == 0);

		ck_assert_msg(expected != 0 ? WIFSIGNALED(status) && WTERMSIG(status) == expected :
		    WIFEXITED(status) && WEXITSTATUS(status) == attempts[_i].caged[without], "%s%s: wait status 0x%x",
		    attempts[_i].name, without == 0 ? "" : ", without files", (unsigned)status);
	}
}
END_TEST

/* What of it is refused by the system anyhow proves nothing: most are possible without the sandbox. */
START_TEST(possible_outside)
{
	static int (*const possible[])(void) = {make_own, make_other, read_other, list_other, make_directory, make_socket,
		make_pair, accept_one, make_process, kill_parent, reuse_address};

	ck_assert_int_ne(fcntl(listening, F_SETFL, O_NONBLOCK), -1);
	for (size_t i = 0; i < COUNT(possible); i++)
		ck_assert_msg(possible[i]() == 0, "attempt %zu: %s", i, strerror(errno));
}
END_TEST

START_TEST(off)
{
	const struct cage_identity wanted = {.sandbox = SANDBOX_LEVEL_OFF};
	char report[200];

	ck_assert(profile_enter(&wanted, NULL, 0, report, sizeof(report)));
	ck_assert_msg(strstr(report, "off") != NULL, "%s", report);
	ck_assert_int_eq(read_other(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("web cage");
	TCase *tcase = unit_case(suite, "cage");

	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_checked_fixture(tcase, setup, teardown);
	if (!SANITIZED && landlock_abi() >= 6 && seccomp_available())
		tcase_add_loop_test(tcase, attempt, 0, (int)COUNT(attempts));
	tcase_add_test(tcase, possible_outside);
	tcase_add_test(tcase, off);
	return unit_run(suite);
}
