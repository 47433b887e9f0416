/*
 * The system calls of each need. Invariant: an entry is here because something in a worker makes the call; what is
 * not here fails. Names of other architectures' calls do no harm: what a machine does not have is passed over.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "sandbox.h"

#define INT_MASK 0xffffffffu /* the upper half of an int argument's register means nothing */
#define TYPE_MASK 0xfu	     /* of a socket's type, without SOCK_NONBLOCK and SOCK_CLOEXEC */

#define CALL(NAME)             \
	{                      \
		.name = (NAME) \
	}
#define CALL_IF(NAME, ONLY, ARGUMENT, MASK, VALUE)                                                                \
	{                                                                                                         \
		.name = (NAME), .only = (ONLY), .comparisons = 1, .compare = {{(ARGUMENT), (MASK), (VALUE)}, {0}} \
	}
/* With its protocol: others of the same type (MPTCP) are not held to Landlock's ports. */
#define SOCKET(FAMILY, TYPE, PROTOCOL)                                                                         \
	{                                                                                                      \
		.name = "socket", .only = #FAMILY " " #TYPE " " #PROTOCOL, .comparisons = 3,                   \
		.compare = {{0, INT_MASK, (FAMILY)}, {1, TYPE_MASK, (TYPE)}, {2, INT_MASK, (PROTOCOL)}}        \
	}
#define PAIR(FAMILY, TYPE)                                                                      \
	{                                                                                       \
		.name = "socketpair", .only = #FAMILY " " #TYPE, .comparisons = 2,              \
		.compare = {{0, INT_MASK, (FAMILY)}, {1, TYPE_MASK, (TYPE)}}                    \
	}
/* A connection that sending makes is not held to them either. */
#define SEND(NAME, FLAGS) CALL_IF(NAME, "not MSG_FASTOPEN", FLAGS, MSG_FASTOPEN, 0)
#define FCNTL(COMMAND) CALL_IF("fcntl", #COMMAND, 1, INT_MASK, COMMAND)
#define SETSOCKOPT(LEVEL, OPTION)                                                               \
	{                                                                                       \
		.name = "setsockopt", .only = #LEVEL " " #OPTION, .comparisons = 2,             \
		.compare = {{1, INT_MASK, (LEVEL)}, {2, INT_MASK, (OPTION)}}                    \
	}
#define CALL_END CALL(NULL)

/* Shared memory is not counted by RLIMIT_DATA. */
#define MMAP_DATA                                                                                                \
	{                                                                                                        \
		.name = "mmap", .only = "not PROT_EXEC, not MAP_SHARED", .comparisons = 2,                       \
		.compare = {{2, PROT_EXEC, 0}, {3, MAP_SHARED, 0}}                                               \
	}
#define MMAP_ANY_PRIVATE CALL_IF("mmap", "not MAP_SHARED", 3, MAP_SHARED, 0)

/* Sleeping, memory, time, the channel, and descriptors that are already open. */
static const struct sandbox_call calls_always[] = {
	CALL("read"), CALL("write"), CALL("readv"), CALL("writev"), CALL("close"), CALL("lseek"), CALL("fstat"),
	/* not F_SETOWN and F_SETSIG: any signal to anyone of the same user */
	FCNTL(F_GETFD), FCNTL(F_SETFD), FCNTL(F_GETFL), FCNTL(F_SETFL), FCNTL(F_DUPFD), FCNTL(F_DUPFD_CLOEXEC),
	CALL_IF("newfstatat", "AT_EMPTY_PATH", 3, AT_EMPTY_PATH, AT_EMPTY_PATH),
	CALL_IF("ioctl", "FIONREAD", 1, INT_MASK, FIONREAD), CALL_IF("ioctl", "FIONBIO", 1, INT_MASK, FIONBIO),
	CALL("dup"), CALL("pipe2"), CALL("eventfd2"), CALL("poll"), CALL("ppoll"), CALL("select"), CALL("pselect6"),
	CALL("epoll_create1"), CALL("epoll_ctl"), CALL("epoll_wait"), CALL("epoll_pwait"),
	SEND("sendto", 3), SEND("sendmsg", 2), CALL("recvfrom"), CALL("recvmsg"), CALL("shutdown"),
	CALL("getsockopt"), CALL("getsockname"), CALL("getpeername"),
	CALL("brk"), MMAP_DATA, CALL("munmap"), CALL("mremap"), CALL("madvise"),
	CALL_IF("mprotect", "not PROT_EXEC", 2, PROT_EXEC, 0),
	CALL("futex"), CALL("rseq"), CALL("set_robust_list"), CALL("sched_yield"), CALL("sched_getaffinity"), CALL("getcpu"),
	CALL("clock_gettime"), CALL("clock_getres"), CALL("gettimeofday"), CALL("time"), CALL("nanosleep"), CALL("clock_nanosleep"),
	CALL("setitimer"), CALL("rt_sigaction"), CALL("rt_sigprocmask"), CALL("rt_sigreturn"), CALL("sigaltstack"),
	CALL("restart_syscall"), CALL("getrandom"), CALL("getpid"), CALL("gettid"), CALL("getppid"), CALL("getuid"),
	CALL("geteuid"), CALL("getgid"), CALL("getegid"), CALL("uname"), CALL("sysinfo"), CALL("getrusage"),
	CALL("exit"), CALL("exit_group"), CALL_END};

/*
 * What probes and libcurl set, and not more: a socket that lingers, handed to the supervisor, would hold up the one who
 * closes it.
 */
#define SOCKET_OPTIONS                                                                                             \
	SETSOCKOPT(SOL_SOCKET, SO_MARK), SETSOCKOPT(SOL_SOCKET, SO_BINDTODEVICE), SETSOCKOPT(SOL_SOCKET, SO_TIMESTAMPNS), \
	    SETSOCKOPT(SOL_SOCKET, SO_KEEPALIVE), SETSOCKOPT(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),                     \
	    SETSOCKOPT(IPPROTO_TCP, TCP_NODELAY), SETSOCKOPT(IPPROTO_TCP, TCP_KEEPIDLE),                               \
	    SETSOCKOPT(IPPROTO_TCP, TCP_KEEPINTVL)

static const struct sandbox_call calls_tcp[] = {
	SOCKET(AF_INET, SOCK_STREAM, 0), SOCKET(AF_INET6, SOCK_STREAM, 0), SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP), SOCKET_OPTIONS, CALL("connect"), CALL("bind"), CALL_END};

static const struct sandbox_call calls_udp[] = {
	SOCKET(AF_INET, SOCK_DGRAM, 0), SOCKET(AF_INET6, SOCK_DGRAM, 0), SOCKET_OPTIONS, CALL("connect"), CALL("bind"), CALL_END};

/*
 * Only the options that are set at every execution: a raw socket is not to write IP headers of its own, or read
 * everyone's.
 */
static const struct sandbox_call calls_ping[] = {
	SETSOCKOPT(SOL_SOCKET, SO_MARK), SETSOCKOPT(SOL_SOCKET, SO_BINDTODEVICE), SETSOCKOPT(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),
	CALL("bind"), CALL_END};

/* The disable file, the file method, and whether a rule's file is still the one it was. */
static const struct sandbox_call calls_look[] = {
	CALL("stat"), CALL("lstat"), CALL("newfstatat"), CALL("statx"), CALL("access"), CALL("faccessat"), CALL("faccessat2"),
	CALL("readlink"), CALL("readlinkat"), CALL("getcwd"), CALL("inotify_init1"), CALL("inotify_add_watch"),
	CALL("inotify_rm_watch"), CALL_END};

#define READING (O_ACCMODE | O_CREAT | O_TRUNC) /* these bits 0: O_RDONLY of what exists */

static const struct sandbox_call calls_read[] = {
	CALL_IF("open", "O_RDONLY", 1, READING, 0), CALL_IF("openat", "O_RDONLY", 2, READING, 0), CALL("pread64"), CALL_END};

/*
 * Besides reading: sorting addresses asks the kernel for its own, zones are interfaces, modules of nsswitch.conf are
 * libraries and talk to daemons.
 */
static const struct sandbox_call calls_resolver[] = {
	CALL_IF("open", "O_RDONLY", 1, READING, 0), CALL_IF("openat", "O_RDONLY", 2, READING, 0), CALL("pread64"),
	CALL_IF("ioctl", "SIOCGIFINDEX", 1, INT_MASK, SIOCGIFINDEX), CALL("getdents64"), CALL("statfs"), CALL("fstatfs"),
	MMAP_ANY_PRIVATE, CALL("mprotect"),
	SOCKET(AF_INET, SOCK_DGRAM, 0), SOCKET(AF_INET6, SOCK_DGRAM, 0), SOCKET(AF_INET, SOCK_STREAM, 0),
	SOCKET(AF_INET6, SOCK_STREAM, 0), SOCKET(AF_UNIX, SOCK_STREAM, 0), SOCKET(AF_UNIX, SOCK_DGRAM, 0),
	SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), SETSOCKOPT(IPPROTO_IP, IP_RECVERR), SETSOCKOPT(IPPROTO_IPV6, IPV6_RECVERR),
	CALL("connect"), CALL("bind"), SEND("sendmmsg", 3), CALL("recvmmsg"), CALL_END};

#define THREAD_FLAGS (CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)

static const struct sandbox_call calls_threads[] = {
	CALL_IF("clone", "CLONE_THREAD", 0, THREAD_FLAGS, THREAD_FLAGS), CALL_END};

/*
 * It opens one to see whether there is IPv6 at all, and wakes itself by a pair (of datagrams it could send them to
 * anyone).
 */
static const struct sandbox_call calls_http[] = {
	SOCKET(AF_INET6, SOCK_DGRAM, 0), PAIR(AF_UNIX, SOCK_STREAM), CALL_END};

#define WORKER_FLAGS (CLONE_PARENT | CLONE_VM | CLONE_VFORK | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET)

static const struct sandbox_call calls_spawner[] = {
	CALL_IF("clone", "CLONE_PARENT", 0, WORKER_FLAGS, CLONE_PARENT), CALL("dup2"), CALL("dup3"), CALL("prctl"),
	CALL_IF("open", "O_RDONLY", 1, READING, 0), CALL_IF("openat", "O_RDONLY", 2, READING, 0), CALL("pread64"),
	CALL("statfs"), CALL("capget"), CALL("capset"), CALL("setuid"), CALL("setgid"), CALL("setgroups"), CALL("setresuid"),
	CALL("setresgid"), CALL("setreuid"), CALL("setregid"), CALL("getgroups"), CALL("getresuid"), CALL("getresgid"),
	CALL("setrlimit"), CALL("getrlimit"), CALL("prlimit64"), CALL("landlock_create_ruleset"), CALL("landlock_add_rule"),
	CALL("landlock_restrict_self"), CALL("seccomp"), CALL_END};

static const struct sandbox_call calls_ping_open[] = {
	SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6),
	SOCKET(AF_INET, SOCK_RAW, IPPROTO_ICMP), SOCKET(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), CALL("setsockopt"), CALL_END};

#ifdef SANDBOX_SANITIZED
/* What the sanitizers' own reports and bookkeeping do. */
static const struct sandbox_call calls_sanitizer[] = {
	CALL("open"), CALL("openat"), CALL("readlink"), CALL("readlinkat"), CALL("tgkill"), CALL("kill"), CALL("prctl"),
	CALL("mmap"), CALL("mprotect"), CALL("getrlimit"), CALL("prlimit64"), CALL("personality"), CALL("clone"),
	CALL("wait4"), CALL("stat"), CALL("newfstatat"), CALL("getcwd"), CALL_END};
#endif

const struct sandbox_call_set sandbox_call_sets[] = {
	{0, "always", "sleep, allocate, use its channel", calls_always},
#ifdef SANDBOX_SANITIZED
	{0, "sanitizer", "this build's own checks", calls_sanitizer},
#endif
	{NEED_TCP, "tcp", "connect by TCP", calls_tcp},
	{NEED_UDP, "udp", "send and receive UDP", calls_udp},
	{NEED_PING, "ping", "use its ICMP sockets", calls_ping},
	{NEED_LOOK, "look", "ask whether files exist", calls_look},
	{NEED_READ, "read", "open files for reading", calls_read},
	{NEED_RESOLVER, "resolver", "resolve names", calls_resolver},
	{NEED_THREADS, "threads", "make threads", calls_threads},
	{NEED_HTTP, "http", "use libcurl", calls_http},
	{NEED_SPAWNER, "spawner", "make workers", calls_spawner},
	{NEED_PING_OPEN, "ping-open", "open ICMP sockets", calls_ping_open},
	{0, NULL, NULL, NULL},
};

const char *const sandbox_calls_killing[] = {
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "bpf", "kexec_load",
	"kexec_file_load", "init_module", "finit_module", "delete_module", "mount", "umount2", "move_mount", "open_tree",
	"fsopen", "fsmount", "pivot_root", "chroot", "unshare", "setns", "keyctl", "add_key", "request_key",
	"perf_event_open", "userfaultfd", "open_by_handle_at", "name_to_handle_at", "io_uring_setup", "reboot", "swapon",
	"swapoff", "quotactl", "acct", "iopl", "ioperm", "modify_ldt", "kcmp", "pidfd_getfd", "settimeofday", "clock_settime",
	"clock_adjtime", "adjtimex", NULL};

const char *const sandbox_calls_opening[] = {"open", "openat", "openat2", "creat", NULL};

const char *const sandbox_calls_absent[] = {
	"clone3", "faccessat2", "statx", "close_range", "epoll_pwait2", "futex_waitv", "membarrier", "pidfd_open",
	"pidfd_send_signal", "mseal", "cachestat", NULL};
