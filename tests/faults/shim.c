/*
 * Linked into the programs under test, in front of the C library: makes the N-th call of a kind fail in one
 * process, as the plan beside the program says. Invariants: without a plan every call passes; after its constructor
 * it asks nothing of the kernel, so that it works inside any sandbox.
 *
 * The plan is a shared mapping: every process of a run sees that the fault has happened, and a worker's successor
 * does not meet it again. Calls are counted a process; a page that the kernel wipes on fork starts
 * the count anew.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_DEPTH 4 /* frames that tell ways apart */

/* What one process has called; all zero in a new one. */
struct process {
	atomic_uint calls[CALLS];
};

static struct plan *plan;
static struct process *process;
static enum role role;
static _Thread_local bool inside;

extern const char __executable_start[];
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static void *
map(int fd, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

__attribute__((constructor(101))) static void
plan_open(void)
{
	char path[PATH_MAX + sizeof(PLAN_NAME)], *slash;
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	void *frames[PLAN_FRAMES];
	struct process *fresh;
	struct plan *found;
	int fd;

	if (length <= 0)
		return;
	path[length] = '\0';
	if ((slash = strrchr(path, '/')) == NULL)
		return;
	backtrace(frames, PLAN_FRAMES); /* loads what it needs now */
	*slash = '\0';
	char name[sizeof(found->program)];
	snprintf(name, sizeof(name), "%s", slash + 1);
	snprintf(slash, sizeof(PLAN_NAME) + 1, "/" PLAN_NAME);
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	found = map(fd, sizeof(*found));
	close(fd);
	fresh = map(-1, sizeof(*fresh));
	if (found == NULL || fresh == NULL || madvise(fresh, sizeof(*fresh), MADV_WIPEONFORK) == -1 ||
	    strcmp(name, found->program) != 0)
		return;
	process = fresh;
	plan = found;
}

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now); /* no system call: the kernel's page answers */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The first failure, with who called. */
static void
fire(void)
{
	void *frames[PLAN_FRAMES];
	int depth = backtrace(frames, PLAN_FRAMES);

	plan->fired_ns = now_ns();
	plan->base = (uint64_t)(uintptr_t)__executable_start;
	plan->depth = (uint32_t)depth;
	for (int i = 0; i < depth; i++)
		plan->frames[i] = (uint64_t)(uintptr_t)frames[i];
}

/* Note the first allocation on each way to one: thousands of them are too many to fail each. */
static void
path_note(unsigned count)
{
	static uint64_t known[1 << 16]; /* hashes; room for many more than are kept */
	uint32_t place;
	void *frames[PATH_DEPTH];
	int depth = backtrace(frames, PATH_DEPTH);
	uint64_t hash = 14695981039346656037u;

	for (int i = 0; i < depth; i++)
		hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * 1099511628211u;
	for (size_t i = hash >> 48; known[i] != hash; i = (i + 1) % (sizeof(known) / sizeof(known[0]))) {
		if (known[i] != 0)
			continue;
		known[i] = hash;
		place = __atomic_fetch_add(&plan->paths, 1, __ATOMIC_SEQ_CST);
		if (place < PLAN_PATHS)
			plan->first[place] = count;
		return;
	}
}

static bool
due(unsigned count)
{
	uint32_t none = 0;

	if (plan->storm_ns > 0 && plan->fired > 0)
		return now_ns() < plan->fired_ns + plan->storm_ns;
	if (count != plan->number ||
	    !__atomic_compare_exchange_n(&plan->fired, &none, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	fire();
	return true;
}

/* Count a call; whether it has to fail. Keeps errno. */
static bool
struck(enum call call)
{
	bool strikes = false;
	unsigned count;
	int error = errno;

	if (plan == NULL || inside)
		return false;
	inside = true;
	count = atomic_fetch_add(&process->calls[call], 1) + 1;
	if (count > plan->reached[role][call])
		plan->reached[role][call] = count;
	if (plan->number == 0 && call == CALL_MALLOC && role == plan->role)
		path_note(count);
	strikes = role == plan->role && call == plan->call && plan->number > 0 && due(count);
	inside = false;
	errno = error;
	return strikes;
}

static bool
fails(enum call call)
{
	if (!struck(call))
		return false;
	errno = plan->error;
	return true;
}

/*
 * A call that transfers `length` bytes: false and errno, or less of them. Not of a message, which the kernel takes
 * whole or not at all.
 */
static bool
shortened(enum call call, size_t *length)
{
	if (!struck(call))
		return true;
	if (plan->error == 0) {
		*length = *length > 1 ? *length / 2 : *length;
		return true;
	}
	errno = plan->error;
	return false;
}

/* What a wrapped function is in the library behind us. */
static void *
next(void **known, const char *name)
{
	if (*known == NULL)
		*known = dlsym(RTLD_NEXT, name);
	return *known;
}

#define NEXT(NAME)                                \
	({                                        \
		static void *known;               \
		(__typeof__(&NAME))next(&known, #NAME); \
	})

#define WRAP(CALL, TYPE, FAILURE, NAME, PARAMETERS, ARGUMENTS) \
	TYPE NAME PARAMETERS;                                  \
	TYPE NAME PARAMETERS                                   \
	{                                                      \
		return fails(CALL) ? (FAILURE) : NEXT(NAME) ARGUMENTS; \
	}

/* A transfer of `length` bytes of a stream. */
#define WRAP_STREAM(CALL, NAME, PARAMETERS, ARGUMENTS)       \
	ssize_t NAME PARAMETERS;                               \
	ssize_t NAME PARAMETERS                                \
	{                                                      \
		return shortened(CALL, &length) ? NEXT(NAME) ARGUMENTS : -1; \
	}

/* Perhaps of a message. */
#define WRAP_MESSAGE(CALL, NAME, PARAMETERS, ARGUMENTS)                 \
	ssize_t NAME PARAMETERS;                                        \
	ssize_t NAME PARAMETERS                                         \
	{                                                               \
		size_t whole = length;                                  \
		bool passes = shortened(CALL, &length);                 \
                                                                        \
		length = whole;                                         \
		return passes ? NEXT(NAME) ARGUMENTS : -1;              \
	}

/* Memory. */

void *
malloc(size_t size)
{
	return fails(CALL_MALLOC) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails(CALL_MALLOC) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails(CALL_MALLOC) ? NULL : __libc_realloc(old, size);
}

/* Processes. */

/* In a child: it is another process from now on. */
static long
born(long pid, enum role child)
{
	if (pid == 0)
		role = role == ROLE_PROGRAM ? child : ROLE_LATER;
	return pid;
}

pid_t
fork(void)
{
	return fails(CALL_FORK) ? -1 : (pid_t)born(NEXT(fork)(), ROLE_CHILD);
}

WRAP(CALL_EXEC, int, -1, execve, (const char *path, char *const argv[], char *const envp[]), (path, argv, envp))
WRAP(CALL_WAIT, pid_t, -1, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
WRAP(CALL_WAIT, int, -1, waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options))

/* Its frame cannot be returned from twice, and a fork may stand for it. */
pid_t
vfork(void)
{
	return fork();
}

long
syscall(long number, ...)
{
	enum call call = number == SYS_clone || number == SYS_clone3 ? CALL_FORK : CALL_SYSCALL;
	long a[6], result;
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (fails(call))
		return -1;
	result = NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	return call == CALL_FORK ? born(result, ROLE_WORKER) : result;
}

int
prctl(int option, ...)
{
	unsigned long a[4];
	va_list ap;

	va_start(ap, option);
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	return fails(CALL_PRCTL) ? -1 : NEXT(prctl)(option, a[0], a[1], a[2], a[3]);
}

WRAP(CALL_RLIMIT, int, -1, setrlimit, (__rlimit_resource_t what, const struct rlimit *limit), (what, limit))

/* Sockets and messages. */

WRAP(CALL_SOCKETPAIR, int, -1, socketpair, (int family, int type, int protocol, int fds[2]),
    (family, type, protocol, fds))
WRAP(CALL_SOCKET, int, -1, socket, (int family, int type, int protocol), (family, type, protocol))
WRAP(CALL_CONNECT, int, -1, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))
WRAP(CALL_CONNECT, int, -1, bind, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))
WRAP(CALL_SOCKOPT, int, -1, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
    (fd, level, name, value, length))
WRAP(CALL_SOCKOPT, int, -1, getsockopt, (int fd, int level, int name, void *value, socklen_t *length),
    (fd, level, name, value, length))
WRAP(CALL_SENDMSG, ssize_t, -1, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(CALL_RECVMSG, ssize_t, -1, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))

/* Bytes. */

WRAP_STREAM(CALL_WRITE, write, (int fd, const void *data, size_t length), (fd, data, length))
WRAP_MESSAGE(CALL_WRITE, send, (int fd, const void *data, size_t length, int flags), (fd, data, length, flags))
WRAP_MESSAGE(CALL_WRITE, sendto, (int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
    socklen_t to_length), (fd, data, length, flags, to, to_length))
WRAP(CALL_WRITE, ssize_t, -1, writev, (int fd, const struct iovec *vector, int count), (fd, vector, count))
WRAP_STREAM(CALL_READ, read, (int fd, void *data, size_t length), (fd, data, length))
WRAP_STREAM(CALL_READ, __read_chk, (int fd, void *data, size_t length, size_t size), (fd, data, length, size))
WRAP_MESSAGE(CALL_READ, recv, (int fd, void *data, size_t length, int flags), (fd, data, length, flags))
WRAP_MESSAGE(CALL_READ, __recv_chk, (int fd, void *data, size_t length, size_t size, int flags),
    (fd, data, length, size, flags))
WRAP_MESSAGE(CALL_READ, recvfrom, (int fd, void *data, size_t length, int flags, struct sockaddr *from,
    socklen_t *from_length), (fd, data, length, flags, from, from_length))
WRAP_STREAM(CALL_READ, pread, (int fd, void *data, size_t length, off_t offset), (fd, data, length, offset))
WRAP(CALL_RANDOM, ssize_t, -1, getrandom, (void *data, size_t length, unsigned flags), (data, length, flags))

/* Waiting. */

WRAP(CALL_EPOLL_CREATE, int, -1, epoll_create1, (int flags), (flags))
WRAP(CALL_EPOLL_CREATE, int, -1, epoll_create, (int size), (size))
WRAP(CALL_EPOLL_CTL, int, -1, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
    (epoll, operation, fd, event))
WRAP(CALL_EPOLL_WAIT, int, -1, epoll_wait, (int epoll, struct epoll_event *events, int count, int timeout),
    (epoll, events, count, timeout))
WRAP(CALL_EPOLL_WAIT, int, -1, epoll_pwait2, (int epoll, struct epoll_event *events, int count,
    const struct timespec *timeout, const sigset_t *mask), (epoll, events, count, timeout, mask))
WRAP(CALL_POLL, int, -1, poll, (struct pollfd *fds, nfds_t count, int timeout), (fds, count, timeout))
WRAP(CALL_POLL, int, -1, __poll_chk, (struct pollfd *fds, nfds_t count, int timeout, size_t size),
    (fds, count, timeout, size))
WRAP(CALL_POLL, int, -1, ppoll, (struct pollfd *fds, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask), (fds, count, timeout, mask))
WRAP(CALL_POLL, int, -1, __ppoll_chk, (struct pollfd *fds, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask, size_t size), (fds, count, timeout, mask, size))

/* Descriptors. */

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return fails(CALL_OPEN) ? -1 : NEXT(open)(path, flags, mode);
}

int
openat(int directory, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return fails(CALL_OPEN) ? -1 : NEXT(openat)(directory, path, flags, mode);
}

int
fcntl(int fd, int command, ...)
{
	void *argument;
	va_list ap;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return fails(CALL_FCNTL) ? -1 : NEXT(fcntl)(fd, command, argument);
}

WRAP(CALL_OPEN, int, -1, __open_2, (const char *path, int flags), (path, flags))
WRAP(CALL_OPEN, FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
WRAP(CALL_PIPE, int, -1, pipe, (int fds[2]), (fds))
WRAP(CALL_PIPE, int, -1, pipe2, (int fds[2], int flags), (fds, flags))
WRAP(CALL_PIPE, int, -1, eventfd, (unsigned value, int flags), (value, flags))
WRAP(CALL_PIPE, int, -1, timerfd_create, (clockid_t clock, int flags), (clock, flags))
WRAP(CALL_PIPE, int, -1, signalfd, (int fd, const sigset_t *mask, int flags), (fd, mask, flags))
WRAP(CALL_PIPE, int, -1, pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
WRAP(CALL_PIPE, int, -1, memfd_create, (const char *name, unsigned flags), (name, flags))
WRAP(CALL_INOTIFY, int, -1, inotify_init1, (int flags), (flags))
WRAP(CALL_INOTIFY, int, -1, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
WRAP(CALL_DUP, int, -1, dup2, (int from, int to), (from, to))
WRAP(CALL_DUP, int, -1, dup3, (int from, int to, int flags), (from, to, flags))
WRAP(CALL_DUP, int, -1, close_range, (unsigned first, unsigned last, int flags), (first, last, flags))
WRAP(CALL_STAT, int, -1, stat, (const char *restrict path, struct stat *restrict st), (path, st))
WRAP(CALL_STAT, int, -1, fstat, (int fd, struct stat *st), (fd, st))
WRAP(CALL_FILE, ssize_t, -1, pwrite, (int fd, const void *bytes, size_t length, off_t place), (fd, bytes, length, place))
WRAP(CALL_FILE, int, -1, fsync, (int fd), (fd))
WRAP(CALL_FILE, int, -1, ftruncate, (int fd, off_t length), (fd, length))
WRAP(CALL_FILE, int, -1, rename, (const char *from, const char *to), (from, to))
WRAP(CALL_FILE, int, -1, unlink, (const char *path), (path))
WRAP(CALL_FILE, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
