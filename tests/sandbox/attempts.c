/*
 * The attempts. System calls are made directly where the C library would go another way when one is refused.
 * Invariant: an attempt that succeeds leaves the machine as it was, but for what the test made for it.
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define GIGABYTE (UINT64_C(1) << 30)
#define DESCRIPTORS 1000
#define SETTLE_US 200000

int
attempt_errno(long status)
{
	return status == -1 ? errno : 0;
}

int
attempt_descriptor(int fd)
{
	int error = attempt_errno(fd);

	if (fd != -1)
		close(fd);
	return error;
}

int
attempt_number(const struct aim *aim, int word)
{
	return (int)strtol(aim->words[word], NULL, 10);
}

/* Files: the first word is the path. */

static int
try_read(const struct aim *aim)
{
	char byte;
	int fd = open(aim->words[1], O_RDONLY | O_CLOEXEC), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(read(fd, &byte, 1));
	close(fd);
	return error;
}

static int
try_list(const struct aim *aim)
{
	char entries[4096];
	int fd = open(aim->words[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(syscall(SYS_getdents64, fd, entries, sizeof(entries)));
	close(fd);
	return error;
}

/* The directory of the program that this is. */
static int
try_list_own(const struct aim *aim)
{
	struct aim own = *aim;
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length == -1)
		return errno;
	path[length] = '\0';
	*strrchr(path, '/') = '\0';
	own.words[1] = path;
	return try_list(&own);
}

static int
try_write(const struct aim *aim)
{
	int fd = open(aim->words[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0600), error;

	if (fd == -1)
		return errno;
	error = attempt_errno(write(fd, "x", 1));
	close(fd);
	return error;
}

static int
try_unlink(const struct aim *aim)
{
	return attempt_errno(unlink(aim->words[1]));
}

static int
try_mkdir(const struct aim *aim)
{
	return attempt_errno(mkdir(aim->words[1], 0700));
}

static int
try_rename(const struct aim *aim)
{
	return attempt_errno(rename(aim->words[1], aim->words[2]));
}

static int
try_truncate(const struct aim *aim)
{
	return attempt_errno(truncate(aim->words[1], 0));
}

static int
try_symlink(const struct aim *aim)
{
	return attempt_errno(symlink("/", aim->words[1]));
}

static int
try_stat(const struct aim *aim)
{
	struct stat status;

	return attempt_errno(stat(aim->words[1], &status));
}

/* Processes: the last word named one, or they are our own. */

static int
try_execve(const struct aim *aim)
{
	char program[] = "/bin/true", *const argv[] = {program, NULL}, *const envp[] = {NULL};

	(void)aim;
	return attempt_errno(execve(program, argv, envp));
}

/* With these flags of clone(2). */
static int
process_clone(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return attempt_errno(pid);
}

static int
try_fork(const struct aim *aim)
{
	(void)aim;
	return process_clone(SIGCHLD);
}

static int
try_fork_sibling(const struct aim *aim)
{
	(void)aim;
	return process_clone(CLONE_PARENT | SIGCHLD);
}

static void *
nothing(void *argument)
{
	return argument;
}

static int
try_thread(const struct aim *aim)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, nothing, NULL);

	(void)aim;
	if (error == 0)
		pthread_join(thread, NULL);
	return error;
}

static int
try_ptrace(const struct aim *aim)
{
	int error = attempt_errno(ptrace(PTRACE_SEIZE, aim->pid, NULL, NULL));

	if (error == 0 && ptrace(PTRACE_INTERRUPT, aim->pid, NULL, NULL) == 0) {
		syscall(SYS_wait4, aim->pid, NULL, __WALL, NULL);
		ptrace(PTRACE_DETACH, aim->pid, NULL, NULL);
	}
	return error;
}

static int
try_traceme(const struct aim *aim)
{
	(void)aim;
	return attempt_errno(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
try_vm_read(const struct aim *aim)
{
	pid_t pid = aim->pid != 0 ? aim->pid : getpid();
	struct iovec from = {&pid, sizeof(pid)}, to = {&(pid_t){0}, sizeof(pid)};
	int error = attempt_errno(process_vm_readv(pid, &to, 1, &from, 1, 0));

	return error == EFAULT ? 0 : error; /* it was looked at, and nothing was there */
}

static int
try_kill(const struct aim *aim)
{
	return attempt_errno(kill(aim->pid, attempt_number(aim, 1)));
}

/* A signal by the way of a descriptor whose owner is told of data. */
static int
try_sigio(const struct aim *aim)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return errno;
	error = attempt_errno(fcntl(ends[0], F_SETOWN, aim->pid));
	if (error == 0 && (error = attempt_errno(fcntl(ends[0], F_SETSIG, attempt_number(aim, 1)))) == 0 &&
	    (error = attempt_errno(fcntl(ends[0], F_SETFL, O_ASYNC))) == 0)
		error = attempt_errno(write(ends[1], "x", 1));
	if (error == 0) { /* the kernel tells nobody whether the signal was delivered */
		usleep(SETTLE_US);
		error = kill(aim->pid, 0) == -1 && errno == ESRCH ? 0 : EINPROGRESS;
	}
	close(ends[0]);
	close(ends[1]);
	return error;
}

static int
proc_open(const struct aim *aim, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)aim->pid, aim->words[1]);
	return attempt_descriptor(open(path, flags | O_CLOEXEC));
}

static int
try_proc_read(const struct aim *aim)
{
	return proc_open(aim, O_RDONLY);
}

static int
try_proc_write(const struct aim *aim)
{
	return proc_open(aim, O_WRONLY);
}

/* Memory and descriptors. */

static int
try_map_executable(const struct aim *aim)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)aim;
	if (map == MAP_FAILED)
		return errno;
	munmap(map, 4096);
	return 0;
}

static int
try_make_executable(const struct aim *aim)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error;

	(void)aim;
	if (map == MAP_FAILED)
		return errno;
	error = attempt_errno(mprotect(map, 4096, PROT_READ | PROT_EXEC));
	munmap(map, 4096);
	return error;
}

static int
memory_take(int flags)
{
	void *map = mmap(NULL, GIGABYTE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return errno;
	munmap(map, GIGABYTE);
	return 0;
}

static int
try_memory(const struct aim *aim)
{
	(void)aim;
	return memory_take(MAP_PRIVATE);
}

static int
try_shared_memory(const struct aim *aim)
{
	(void)aim;
	return memory_take(MAP_SHARED);
}

static int
try_descriptors(const struct aim *aim)
{
	int fds[DESCRIPTORS], count = 0, error = 0;

	(void)aim;
	while (count < DESCRIPTORS && error == 0) {
		fds[count] = dup(STDIN_FILENO);
		if ((error = attempt_errno(fds[count])) == 0)
			count++;
	}
	while (count > 0)
		close(fds[--count]);
	return error;
}

static int
try_raise_limit(const struct aim *aim)
{
	struct rlimit limit = {.rlim_cur = 4, .rlim_max = 4};

	(void)aim;
	return attempt_errno(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL));
}

#ifdef __x86_64__
/* getpid by the 32-bit table, where other numbers mean other calls. */
static int
try_int80(const struct aim *aim)
{
	long number = 20;

	(void)aim;
	__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
	return number < 0 ? (int)-number : 0;
}

static int
try_x32(const struct aim *aim)
{
	(void)aim;
	return attempt_errno(syscall(0x40000000 | SYS_getpid));
}
#endif

static const struct attempt attempts_local[] = {
	{"read", try_read}, {"list", try_list}, {"list-own", try_list_own}, {"write", try_write}, {"unlink", try_unlink},
	{"mkdir", try_mkdir}, {"rename", try_rename}, {"truncate", try_truncate}, {"symlink", try_symlink}, {"stat", try_stat},
	{"execve", try_execve}, {"fork", try_fork}, {"fork-sibling", try_fork_sibling}, {"thread", try_thread},
	{"ptrace", try_ptrace}, {"traceme", try_traceme}, {"vm-read", try_vm_read}, {"kill", try_kill}, {"sigio", try_sigio},
	{"proc-read", try_proc_read}, {"proc-write", try_proc_write}, {"map-executable", try_map_executable},
	{"make-executable", try_make_executable}, {"memory", try_memory}, {"shared-memory", try_shared_memory},
	{"descriptors", try_descriptors}, {"raise-limit", try_raise_limit},
#ifdef __x86_64__
	{"int80", try_int80}, {"x32", try_x32},
#endif
	{NULL, NULL},
};

static struct io_uring_params ring;
static union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

#define POINTER(THING) ((long)(uintptr_t)(THING))

/* Calls of which nothing but the answer is of interest. */
static const struct {
	const char *name;
	long number, arguments[4];
} calls[] = {
	{"io_uring", SYS_io_uring_setup, {1, POINTER(&ring)}},
	{"bpf", SYS_bpf, {BPF_MAP_CREATE, POINTER(&map), sizeof(map)}},
	{"keyctl", SYS_keyctl, {0, -3, 1}}, /* the id of the session keyring, made if need be */
	{"unshare", SYS_unshare, {CLONE_NEWUSER}},
	{"setuid", SYS_setuid, {0}},
	{"chroot", SYS_chroot, {POINTER("/")}},
	{"mount", SYS_mount, {POINTER("none"), POINTER("/mnt"), POINTER("tmpfs"), 0}},
	{"personality", SYS_personality, {0xffffffff}},
	{"nice", SYS_setpriority, {PRIO_PROCESS, 0, 19}},
	{"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1}},
	{"memfd", SYS_memfd_create, {POINTER("x"), 0}},
	{"umask", SYS_umask, {0}},
	{"chdir", SYS_chdir, {POINTER("/")}},
};

int
attempt(const struct aim *aim)
{
	static const struct attempt *const tables[] = {attempts_local, attempts_network};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct attempt *entry = tables[i]; entry->name != NULL; entry++)
			if (strcmp(entry->name, aim->words[0]) == 0)
				return entry->try(aim);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, aim->words[0]) == 0)
			return attempt_errno(syscall(calls[i].number, calls[i].arguments[0], calls[i].arguments[1],
			    calls[i].arguments[2], calls[i].arguments[3]));
	return -1;
}
