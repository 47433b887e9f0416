/*
 * The attempts. System calls are made directly where the C library would go another way when one is refused.
 * Invariant: an attempt that succeeds leaves the machine as it was, but for what the test made for it.
 */
#include "escape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
#include <sys/un.h>
#include <unistd.h>

#define GIGABYTE (UINT64_C(1) << 30)
#define DESCRIPTORS 1000
#define SETTLE_US 200000

static int
errno_of(long status)
{
	return status == -1 ? errno : 0;
}

/* Of something that is a descriptor when it works. */
static int
descriptor_errno(int fd)
{
	int error = errno_of(fd);

	if (fd != -1)
		close(fd);
	return error;
}

static int
number_at(const struct aim *aim, int word)
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
	error = errno_of(read(fd, &byte, 1));
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
	error = errno_of(syscall(SYS_getdents64, fd, entries, sizeof(entries)));
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
	error = errno_of(write(fd, "x", 1));
	close(fd);
	return error;
}

static int
try_unlink(const struct aim *aim)
{
	return errno_of(unlink(aim->words[1]));
}

static int
try_mkdir(const struct aim *aim)
{
	return errno_of(mkdir(aim->words[1], 0700));
}

static int
try_rename(const struct aim *aim)
{
	return errno_of(rename(aim->words[1], aim->words[2]));
}

static int
try_truncate(const struct aim *aim)
{
	return errno_of(truncate(aim->words[1], 0));
}

static int
try_symlink(const struct aim *aim)
{
	return errno_of(symlink("/", aim->words[1]));
}

static int
try_stat(const struct aim *aim)
{
	struct stat status;

	return errno_of(stat(aim->words[1], &status));
}

/* Processes: the last word named one, or they are our own. */

static int
try_execve(const struct aim *aim)
{
	char program[] = "/bin/true", *const argv[] = {program, NULL}, *const envp[] = {NULL};

	(void)aim;
	return errno_of(execve(program, argv, envp));
}

/* With these flags of clone(2). */
static int
process_clone(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return errno_of(pid);
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
	int error = errno_of(ptrace(PTRACE_SEIZE, aim->pid, NULL, NULL));

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
	return errno_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
try_vm_read(const struct aim *aim)
{
	pid_t pid = aim->pid != 0 ? aim->pid : getpid();
	struct iovec from = {&pid, sizeof(pid)}, to = {&(pid_t){0}, sizeof(pid)};
	int error = errno_of(process_vm_readv(pid, &to, 1, &from, 1, 0));

	return error == EFAULT ? 0 : error; /* it was looked at, and nothing was there */
}

static int
try_kill(const struct aim *aim)
{
	return errno_of(kill(aim->pid, number_at(aim, 1)));
}

/* A signal by the way of a descriptor whose owner is told of data. */
static int
try_sigio(const struct aim *aim)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return errno;
	error = errno_of(fcntl(ends[0], F_SETOWN, aim->pid));
	if (error == 0 && (error = errno_of(fcntl(ends[0], F_SETSIG, number_at(aim, 1)))) == 0 &&
	    (error = errno_of(fcntl(ends[0], F_SETFL, O_ASYNC))) == 0)
		error = errno_of(write(ends[1], "x", 1));
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
	return descriptor_errno(open(path, flags | O_CLOEXEC));
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
	error = errno_of(mprotect(map, 4096, PROT_READ | PROT_EXEC));
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
		if ((error = errno_of(fds[count])) == 0)
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
	return errno_of(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL));
}

/* The network: numbers of the family, type and protocol, or of a port on 127.0.0.1. */

static int
try_socket(const struct aim *aim)
{
	return descriptor_errno(socket(number_at(aim, 1), number_at(aim, 2), number_at(aim, 3)));
}

static const struct sockaddr *
loopback(int port)
{
	static struct sockaddr_in address;

	address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	return (const struct sockaddr *)&address;
}

static int
stream_connect(int port, int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol), error;

	if (fd == -1)
		return errno;
	error = errno_of(connect(fd, loopback(port), sizeof(struct sockaddr_in)));
	close(fd);
	return error;
}

static int
try_connect(const struct aim *aim)
{
	return stream_connect(number_at(aim, 1), 0);
}

static int
try_connect_mptcp(const struct aim *aim)
{
	return stream_connect(number_at(aim, 1), IPPROTO_MPTCP);
}

/* A connection that is not made by connect(2). */
static int
try_fast_open(const struct aim *aim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = errno_of(sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, loopback(number_at(aim, 1)),
	    sizeof(struct sockaddr_in)));
	close(fd);
	return error;
}

static int
try_fast_open_sendmsg(const struct aim *aim)
{
	struct sockaddr_in address = *(const struct sockaddr_in *)loopback(number_at(aim, 1));
	char byte = 'x';
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &part, .msg_iovlen = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = errno_of(sendmsg(fd, &message, MSG_FASTOPEN | MSG_NOSIGNAL));
	close(fd);
	return error;
}

static int
try_bind(const struct aim *aim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = errno_of(bind(fd, loopback(number_at(aim, 1)), sizeof(struct sockaddr_in)));
	close(fd);
	return error;
}

static int
try_listen(const struct aim *aim)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	(void)aim;
	if (fd == -1)
		return errno;
	error = errno_of(listen(fd, 1)); /* on a port that the kernel chooses */
	close(fd);
	return error;
}

/* An address in the file system, or an abstract one. Returns its length. */
static socklen_t
unix_address(struct sockaddr_un *address, const char *name, bool abstract)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path + (abstract ? 1 : 0), sizeof(address->sun_path) - 1, "%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1);
}

static int
unix_connect(const char *name, bool abstract)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(&address, name, abstract);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd == -1)
		return errno;
	error = errno_of(connect(fd, (const struct sockaddr *)&address, length));
	close(fd);
	return error;
}

static int
try_unix(const struct aim *aim)
{
	return unix_connect(aim->words[1], false);
}

static int
try_abstract(const struct aim *aim)
{
	return unix_connect(aim->words[1], true);
}

/* A datagram to a socket of somebody else's, from a pair that was only to talk to itself. */
static int
try_pair_datagram(const struct aim *aim)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(&address, aim->words[1], false);
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == -1)
		return errno;
	error = errno_of(sendto(ends[0], "x", 1, 0, (const struct sockaddr *)&address, length));
	close(ends[0]);
	close(ends[1]);
	return error;
}

/* The raw socket that an icmp worker holds: -1 with ENOTSOCK when there is none. */
static int
raw_socket(void)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		int type = 0, domain = 0;
		socklen_t length = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_RAW &&
		    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_INET)
			return fd;
	}
	errno = ENOTSOCK;
	return -1;
}

static int
raw_option(int level, int name)
{
	const int on = 1;
	int fd = raw_socket();

	return fd == -1 ? errno : errno_of(setsockopt(fd, level, name, &on, sizeof(on)));
}

/* IP headers of one's own, so any protocol and any sender. */
static int
try_forge(const struct aim *aim)
{
	(void)aim;
	return raw_option(IPPROTO_IP, IP_HDRINCL);
}

/* Everyone's ICMP packets. */
static int
try_snoop(const struct aim *aim)
{
	(void)aim;
	return raw_option(SOL_SOCKET, SO_DETACH_FILTER);
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
	return errno_of(syscall(0x40000000 | SYS_getpid));
}
#endif

static const struct {
	const char *name;
	int (*try)(const struct aim *);
} attempts[] = {
	{"read", try_read}, {"list", try_list}, {"list-own", try_list_own}, {"write", try_write}, {"unlink", try_unlink},
	{"mkdir", try_mkdir}, {"rename", try_rename}, {"truncate", try_truncate}, {"symlink", try_symlink}, {"stat", try_stat},
	{"execve", try_execve}, {"fork", try_fork}, {"fork-sibling", try_fork_sibling}, {"thread", try_thread},
	{"ptrace", try_ptrace}, {"traceme", try_traceme}, {"vm-read", try_vm_read}, {"kill", try_kill}, {"sigio", try_sigio},
	{"proc-read", try_proc_read}, {"proc-write", try_proc_write}, {"map-executable", try_map_executable},
	{"make-executable", try_make_executable}, {"memory", try_memory}, {"shared-memory", try_shared_memory},
	{"descriptors", try_descriptors}, {"raise-limit", try_raise_limit}, {"socket", try_socket}, {"connect", try_connect},
	{"connect-mptcp", try_connect_mptcp}, {"fast-open", try_fast_open}, {"fast-open-sendmsg", try_fast_open_sendmsg},
	{"bind", try_bind}, {"listen", try_listen}, {"unix", try_unix}, {"abstract", try_abstract},
	{"pair-datagram", try_pair_datagram}, {"forge", try_forge}, {"snoop", try_snoop},
#ifdef __x86_64__
	{"int80", try_int80}, {"x32", try_x32},
#endif
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
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (strcmp(attempts[i].name, aim->words[0]) == 0)
			return attempts[i].try(aim);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, aim->words[0]) == 0)
			return errno_of(syscall(calls[i].number, calls[i].arguments[0], calls[i].arguments[1],
			    calls[i].arguments[2], calls[i].arguments[3]));
	return -1;
}
