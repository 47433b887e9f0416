/*
 * The plan of one fault: a file beside the program, shared by every process of a run. The driver (plan.py) holds the
 * same layout; only fixed-size fields, so that both agree.
 */
#ifndef EXACHECK_TESTS_FAULTS_SHIM_H
#define EXACHECK_TESTS_FAULTS_SHIM_H

#include <stdint.h>

#define PLAN_NAME "fault.plan"
#define PLAN_FRAMES 24
#define PLAN_PATHS 4096

/* Calls that can fail, each with the functions that count as it. */
enum call {
	CALL_MALLOC, /* and calloc, realloc, whatever else of the library allocates with them */
	CALL_FORK,   /* and vfork, clone */
	CALL_EXEC,
	CALL_SOCKETPAIR,
	CALL_SENDMSG,
	CALL_RECVMSG,
	CALL_WRITE, /* and send, writev, sendto */
	CALL_READ,  /* and recv, recvfrom, pread */
	CALL_EPOLL_CREATE,
	CALL_EPOLL_CTL,
	CALL_EPOLL_WAIT,
	CALL_POLL, /* and ppoll */
	CALL_OPEN, /* and openat, fopen */
	CALL_PIPE, /* and eventfd, timerfd, signalfd, pidfd, memfd */
	CALL_INOTIFY,
	CALL_SOCKET,
	CALL_CONNECT, /* and bind */
	CALL_SOCKOPT,
	CALL_DUP,
	CALL_FCNTL,
	CALL_STAT,
	CALL_FILE, /* pwrite, fsync, ftruncate, rename, unlink, mkdir */
	CALL_PRCTL,
	CALL_RLIMIT,
	CALL_WAIT,
	CALL_RANDOM,
	CALL_SYSCALL, /* syscall(2) by number, but for clone: Landlock, seccomp … */
	CALLS
};

/* Processes of a program, by how they came to be. */
enum role {
	ROLE_PROGRAM, /* executed */
	ROLE_WORKER,  /* cloned by a spawner */
	ROLE_CHILD,   /* forked by the program */
	ROLE_LATER,   /* a child of a worker or of a child */
	ROLES
};

struct plan {
	/* what the driver says */
	char program[32];    /* last component of its path */
	uint32_t role;
	uint32_t call;
	uint32_t number; /* 1: a process's first call fails; 0: none, only count */
	int32_t error;	 /* errno; 0: half of what was asked for is done */
	int64_t storm_ns; /* 0: one call fails; else every one for this long */
	/* what the programs say */
	uint32_t fired; /* calls that failed */
	uint32_t depth;
	int64_t fired_ns; /* CLOCK_MONOTONIC, of the first */
	uint64_t base;	  /* where the program lay */
	uint64_t frames[PLAN_FRAMES]; /* who called */
	uint32_t paths;		      /* ways to an allocation in the role's processes, while only counting */
	uint32_t first[PLAN_PATHS];   /* the number of the first allocation on each */
	uint32_t reached[ROLES][CALLS]; /* most calls of any one process */
};

#endif
