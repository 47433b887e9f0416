/*
 * The sandbox that helpers have in common: what the profile says is left, and no more; exacheck-web's own profile is
 * tried in test_web_cage.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/landlock.h"
#include "../../common/seccomp_filter.h"
#include "../../supervisor/helpers/cage.h"
#include "unit.h"

#ifdef SANDBOX_SANITIZED
#define SANITIZED true /* such a build may do more */
#else
#define SANITIZED false
#endif
#define NOBODY 65534
#define OVERRIDE (UINT32_C(1) << CAP_DAC_OVERRIDE)
#define NOT_CAGED 200

static char place[64], file[128];
static int listening;
static struct sockaddr_in address;

static void
setup(void)
{
	socklen_t length = sizeof(address);
	int fd;

	strcpy(place, "/tmp/exacheck-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place));
	ck_assert_int_eq(chmod(place, 0755), 0);
	snprintf(file, sizeof(file), "%s/file", place);
	ck_assert_int_ne(fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
	close(fd);
	address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert(listening != -1 && bind(listening, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(listening, 8) == 0 && getsockname(listening, (struct sockaddr *)&address, &length) == 0);
}

static void
teardown(void)
{
	close(listening);
	unlink(file);
	rmdir(place);
}

static struct cage
plain(enum sandbox_level level)
{
	return (struct cage){.identity = {.sandbox = level}, .keep_identity = true, .file_size = RLIM_INFINITY,
	    .processes = RLIM_INFINITY, .descriptors = 64, .memory = RLIM_INFINITY, .farewell_s = 1};
}

/* What the attempt comes to in the cage: its errno, or -1: it was ended by a signal. */
static int
caged(const struct cage *cage, int (*attempt)(void))
{
	char report[200];
	pid_t pid = fork();
	int status;

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(cage_enter(cage, report, sizeof(report)) ? attempt() : NOT_CAGED);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
file_write(void)
{
	return open(file, O_WRONLY | O_CLOEXEC) != -1 ? 0 : errno;
}

static int
file_give(void)
{
	return chown(file, NOBODY, NOBODY) == 0 ? 0 : errno;
}

static int
reach(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd != -1 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
}

static int
execute(void)
{
	execl("/bin/true", "true", NULL);
	return errno;
}

/* Of what it has, and of what it could ever have: bits of the one capability, and of any other. */
static int
capabilities(void)
{
	unsigned long long value, mask = 0;
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "CapEff: %llx", &value) == 1 || sscanf(line, "CapPrm: %llx", &value) == 1 ||
		    sscanf(line, "CapInh: %llx", &value) == 1 || sscanf(line, "CapBnd: %llx", &value) == 1)
			mask |= value;
	return (mask & OVERRIDE ? 1 : 0) | (mask & ~(unsigned long long)OVERRIDE ? 2 : 0);
}

/* Root that stays root has no more of its rights than those that are named. */
START_TEST(capabilities_of_root)
{
	struct cage cage = plain(SANDBOX_LEVEL_OFF);

	ck_assert_int_eq(caged(&cage, capabilities), 0);
	cage.capabilities = OVERRIDE;
	ck_assert_int_eq(caged(&cage, capabilities), 1);
	ck_assert_int_eq(caged(&cage, file_give), EPERM);
	ck_assert_int_eq(chown(file, NOBODY, NOBODY), 0);
	ck_assert_int_eq(caged(&cage, file_write), 0);
	cage.capabilities = 0;
	ck_assert_int_eq(caged(&cage, file_write), EACCES);
	cage.keep_identity = false;
	cage.identity = (struct cage_identity){true, NOBODY, NOBODY, SANDBOX_LEVEL_OFF};
	ck_assert_int_eq(caged(&cage, file_write), 0);
	ck_assert_int_eq(caged(&cage, capabilities), 0);
}
END_TEST

START_TEST(places)
{
	static const struct sandbox_call opening[] = {{.name = "openat"}, {.name = "open"}, {.name = NULL}};
	const struct sandbox_call *const calls[] = {opening, NULL};
	struct cage cage = plain(SANDBOX_LEVEL_STRICT);

	cage.calls = calls;
	ck_assert_int_eq(caged(&cage, file_write), EACCES);
	ck_assert(cage_allow_path(&cage, place, LANDLOCK_FS_READ_FILE));
	ck_assert_int_eq(caged(&cage, file_write), EACCES);
	ck_assert(cage_allow_path(&cage, file, LANDLOCK_FS_WRITE_FILE));
	ck_assert(cage_allow_path(&cage, "/nowhere", LANDLOCK_FS_WRITE_FILE)); /* nothing is there */
	ck_assert_uint_eq(cage.count, 2);
	ck_assert_int_eq(caged(&cage, file_write), 0);
	while (cage.count < CAGE_PLACES_MAX)
		ck_assert(cage_allow(&cage, cage.places[0].path, 0));
	ck_assert(!cage_allow(&cage, cage.places[0].path, 0) && !cage_allow_path(&cage, place, 0));
	close(cage.places[0].path);
	close(cage.places[1].path);
}
END_TEST

START_TEST(connections)
{
	struct cage cage = plain(SANDBOX_LEVEL_STRICT);

	ck_assert_int_eq(caged(&cage, reach), EPERM); /* no socket at all */
	cage.needs = NEED_TCP;
	ck_assert_int_eq(caged(&cage, reach), EACCES);
	cage.connect = true;
	ck_assert_int_eq(caged(&cage, reach), 0);
}
END_TEST

START_TEST(programs)
{
	struct cage cage = plain(SANDBOX_LEVEL_STRICT);

	ck_assert_int_eq(caged(&cage, execute), -1);
	cage.unfiltered = true;
	ck_assert_int_eq(caged(&cage, execute), EACCES);
	for (size_t i = 0; i < 4; i++) {
		static const char *const needed[] = {"/usr", "/bin", "/lib", "/lib64"};

		ck_assert(cage_allow_path(&cage, needed[i], LANDLOCK_FS_READ_FILE | LANDLOCK_FS_EXECUTE));
	}
	ck_assert_int_eq(caged(&cage, execute), 0);
	while (cage.count > 0)
		close(cage.places[--cage.count].path);
}
END_TEST

/* It goes on for a while when it is to end, and not longer. */
START_TEST(farewell)
{
	const struct cage cage = plain(SANDBOX_LEVEL_OFF);
	char report[200], ready;
	int fds[2], status;
	pid_t pid;

	ck_assert(pipe2(fds, O_CLOEXEC) == 0 && (pid = fork()) != -1);
	if (pid == 0) {
		bool entered = cage_enter(&cage, report, sizeof(report)) && signal(SIGALRM, SIG_DFL) != SIG_ERR &&
		    write(fds[1], "", 1) == 1;

		while (entered)
			pause();
		_exit(NOT_CAGED);
	}
	ck_assert_int_eq(read(fds[0], &ready, 1), 1);
	kill(pid, SIGHUP);
	kill(pid, SIGINT);
	kill(pid, SIGTERM);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM, "wait status 0x%x", (unsigned)status);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cage");
	TCase *tcase = unit_case(suite, "cage");

	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_checked_fixture(tcase, setup, teardown);
	if (geteuid() == 0)
		tcase_add_test(tcase, capabilities_of_root);
	if (!SANITIZED && landlock_abi() >= 6 && seccomp_available()) {
		tcase_add_test(tcase, places);
		tcase_add_test(tcase, connections);
		tcase_add_test(tcase, programs);
	}
	tcase_add_test(tcase, farewell);
	return unit_run(suite);
}
