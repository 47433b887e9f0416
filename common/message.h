/*
 * The worker protocol: typed messages of exact size over SOCK_SEQPACKET socket pairs, so that message
 * boundaries are the kernel's and a short or long message is visible as such. Documented for third
 * parties in exacheck-worker(7). Integers are in host order: both ends are on one machine.
 */
#ifndef EXACHECK_MESSAGE_H
#define EXACHECK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "log.h"
#include "monotime.h"
#include "result.h"
#include "sandbox.h"

/* In an exec'd spawner and in every worker the channel to the supervisor is this descriptor. */
#define CHANNEL_FD 3

#ifndef MESSAGE_PROTOCOL
#define MESSAGE_PROTOCOL 1 /* version, in message_job and message_ready */
#endif
#define LAUNCHER_PROTOCOL 1 /* of MESSAGE_LAUNCH and its answer: one launcher sees many versions of the supervisor */
#define MESSAGE_MAX 131072 /* bytes: the longest message, a job with its arguments */
#define MESSAGE_TEXT_SIZE 512
#define MESSAGE_STATE_SIZE 32
#define MESSAGE_NAME_SIZE 256
#define MESSAGE_PATH_SIZE 1024
#define MESSAGE_PROGRAM_SIZE 32

enum message_type {
	/* supervisor -> spawner */
	MESSAGE_SPAWN = 1, /* with one descriptor: the worker's end */
	/* spawner -> supervisor */
	MESSAGE_READY, /* libraries loaded, once; the launcher says it too */
	MESSAGE_SPAWNED,
	/* supervisor -> worker */
	MESSAGE_JOB,  /* once, first; followed by encoded arguments */
	MESSAGE_PACE, /* interval and state changed */
	/* worker -> supervisor */
	MESSAGE_STARTED, /* sandbox entered, once, before any result */
	MESSAGE_RESULT,
	MESSAGE_DISABLED, /* the disable file came or went */
	/* spawner, worker -> supervisor */
	MESSAGE_LOG,
	/* worker -> supervisor */
	MESSAGE_LEAVING, /* cannot execute any more as it is: to be replaced at once, before the next grid point */
	/* supervisor -> launcher, which answers with MESSAGE_SPAWNED */
	MESSAGE_LAUNCH, /* with one descriptor: the new process's end of its channel */
	/* supervisor -> preflight of another exacheck, which answers with MESSAGE_LOG and, if all is well, MESSAGE_READY */
	MESSAGE_STATE, /* with one descriptor: what is to be restored */
	MESSAGE_TYPES
};

struct message_header {
	uint32_t type;	 /* enum message_type */
	uint32_t length; /* of the whole message: equals what the kernel says */
};

struct message_spawn {
	struct message_header header;
	uint32_t id; /* the supervisor's; comes back in message_spawned */
};

struct message_ready {
	struct message_header header;
	uint32_t protocol;
};

struct message_spawned {
	struct message_header header;
	uint32_t id;
	int32_t pid;   /* > 0, or 0 with error */
	int32_t error; /* errno of the failure */
};

struct message_launch {
	struct message_header header;
	uint32_t level; /* enum sandbox_level, its argument */
	uint32_t id;	/* the supervisor's; comes back in message_spawned */
	/* A name, not an index: after an upgrade the supervisor's table may be another than the launcher's. */
	char program[MESSAGE_PROGRAM_SIZE];
};

struct message_state {
	struct message_header header;
};

struct message_job {
	struct message_header header;
	uint32_t protocol;
	uint32_t sandbox; /* enum sandbox_level: of the check, the spawner has the same */
	uint32_t drop;	  /* 1: change identity to uid and gid */
	uint32_t uid, gid;
	uint32_t args_length; /* bytes of encoded arguments that follow (options_encode); here, so that nothing is padded */
	int64_t first_ns;    /* CLOCK_MONOTONIC: first execution's start, origin of the grid */
	int64_t interval_ns; /* start to start */
	char name[MESSAGE_NAME_SIZE];
	char state[MESSAGE_STATE_SIZE];
	char disable[MESSAGE_PATH_SIZE]; /* empty: none */
	uint8_t args[];
};

struct message_pace {
	struct message_header header;
	int64_t next_ns; /* CLOCK_MONOTONIC: the next execution's start, new origin of the grid */
	int64_t interval_ns;
	char state[MESSAGE_STATE_SIZE]; /* for the process title, e.g. "rising (1/3)" */
};

struct message_started {
	struct message_header header;
	char sandbox[MESSAGE_TEXT_SIZE]; /* what was applied, for people */
};

struct message_result {
	struct message_header header;
	uint32_t code;	      /* enum result_code */
	uint32_t reason;      /* enum reason, below REASON_LEASE */
	uint32_t last;	      /* 1: the worker ends itself after this (a library would not return) */
	uint32_t off_grid;    /* 1: of no grid point, because what the method watches told of a change */
	int64_t duration_ns;
	char text[RESULT_TEXT_SIZE];
};

struct message_disabled {
	struct message_header header;
	uint32_t disabled; /* 0 or 1 */
};

struct message_log {
	struct message_header header;
	uint32_t level; /* enum log_level */
	char text[MESSAGE_TEXT_SIZE];
};

struct message_leaving {
	struct message_header header;
};

/* Bytes of encoded arguments that fit into a job. */
#define MESSAGE_ARGS_MAX (MESSAGE_MAX - sizeof(struct message_job))

union message {
	struct message_header header;
	struct message_spawn spawn;
	struct message_ready ready;
	struct message_spawned spawned;
	struct message_pace pace;
	struct message_started started;
	struct message_result result;
	struct message_disabled disabled;
	struct message_log log;
	struct message_leaving leaving;
	struct message_launch launch;
	struct message_state state;
};

enum message_status {
	MESSAGE_OK,
	MESSAGE_NONE,	/* nothing to read now, or no memory for it (EAGAIN, ENOMEM) */
	MESSAGE_CLOSED, /* the other end is gone */
	MESSAGE_BAD	/* wrong size or type, or a descriptor where none belongs: end this peer */
};

/*
 * Receive one fixed-size message without blocking. Accepts only types whose bit (1 << type) is in
 * `permitted`; text fields come back NUL-terminated. Descriptors that come along are closed, which makes
 * the message MESSAGE_BAD, except that with `descriptor` not NULL exactly one is expected and stored.
 */
enum message_status message_receive(int fd, union message *, unsigned permitted, int *descriptor);

/*
 * Have the kernel refuse descriptors on their way to fd, an end of a socket pair, where it can: to be handed one is to
 * close it, which may take as long as its sender likes (a socket that lingers). Elsewhere they are closed when received.
 */
void message_refuse_descriptors(int fd);

/*
 * Have the kernel say with each message that arrives at fd, an end of a socket pair, which process sent it: from
 * now on it is read with message_receive_from. Refuses descriptors. Returns 0, or -1 with errno.
 */
int message_identify(int fd);

/*
 * As message_receive without a descriptor. sender: the process that sent the message, 0 when it cannot be named
 * here (of another pid namespace). Only a process with CAP_SYS_ADMIN can pass for another one; see unix(7).
 */
enum message_status message_receive_from(int fd, union message *, unsigned permitted, pid_t *sender);

/*
 * Receive a job (blocking): malloc'd, args_length checked against the message's size, text fields
 * NUL-terminated. NULL on end-of-file or anything else that is not a well-formed job.
 */
struct message_job *message_receive_job(int fd);

/*
 * Fill in the header and send; `descriptor` -1 or one to pass along. Does not block. Returns 0, or -1
 * with errno (EAGAIN: the buffer is full).
 */
int message_send(int fd, enum message_type, void *message, size_t length, int descriptor);

#endif
