/*
 * What a check needs of the system, computed from its arguments: the one description from which its sandbox
 * is made (workers/sandbox*.c) and shown (`exacheck test --sandbox`). Pure data, no mechanism.
 */
#ifndef EXACHECK_COMMON_SANDBOX_H
#define EXACHECK_COMMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A build with a sanitizer makes calls and takes memory of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif

/* How far the sandbox must go: exacheck.sandbox of the configuration, in message_job and on a spawner's command line. */
enum sandbox_level { SANDBOX_LEVEL_BEST_EFFORT, SANDBOX_LEVEL_STRICT, SANDBOX_LEVEL_OFF, SANDBOX_LEVELS };

extern const char *const sandbox_level_names[SANDBOX_LEVELS];

/* Bits of sandbox_profile.needs. What none of them names, every worker may do: sleep, allocate, use its channel. */
enum sandbox_need {
	NEED_TCP = 1 << 0,	/* stream sockets over IP, to some ports */
	NEED_UDP = 1 << 1,	/* datagram sockets over IP */
	NEED_PING = 1 << 2,	/* using ICMP sockets that were opened before */
	NEED_LOOK = 1 << 3,	/* asking whether files exist */
	NEED_READ = 1 << 4,	/* opening files for reading */
	NEED_RESOLVER = 1 << 5, /* names: the resolver's files, modules and sockets */
	NEED_THREADS = 1 << 6,	/* making threads */
	NEED_HTTP = 1 << 7,	/* what libcurl asks of the system besides TCP */
	NEED_COMMANDS = 1 << 8, /* running programs of the user's: then there is no system call filter */
	/* before a worker's own sandbox: */
	NEED_SPAWNER = 1 << 9,	 /* making workers, reading files, entering the sandbox */
	NEED_PING_OPEN = 1 << 10, /* opening ICMP sockets */
};

#define SANDBOX_PORTS_MAX 2

/* Profiles are small: strings are the arguments' own. */
struct sandbox_profile {
	unsigned needs;			   /* bits of enum sandbox_need */
	uint16_t ports[SANDBOX_PORTS_MAX]; /* TCP ports that may be connected to */
	unsigned port_count;
	bool any_port;	  /* ... or every one (redirects) */
	bool bind;	  /* sockets are bound to a source address */
	bool mark;	  /* sockets are given a firewall mark: CAP_NET_ADMIN stays */
	const char *path; /* with NEED_READ: the directory of what this leads to may be read; NULL: none */
};

struct check_method;

/* What an execution of this method with these arguments needs; disable: path of the disable file, NULL or "": none. */
void sandbox_profile(struct sandbox_profile *, const struct check_method *, const void *args, const char *disable);

/* Additions of methods: a port to connect to by TCP; a host, which if it is a name (or has a zone) needs the resolver. */
void sandbox_need_port(struct sandbox_profile *, unsigned port);
void sandbox_need_host(struct sandbox_profile *, const char *host);

/*
 * The resolver's files, NULL-terminated: a path ending in "/" is a directory with all below it. Those that do not
 * exist are simply not there.
 */
extern const char *const sandbox_resolver_paths[];

#define SANDBOX_COMPARISONS_MAX 3

/* One system call that a need allows, perhaps only with some arguments. */
struct sandbox_call {
	const char *name;
	const char *only;     /* what the comparisons mean, for people; NULL: any arguments */
	unsigned comparisons; /* all must hold */
	struct {
		unsigned argument;
		uint64_t mask, value; /* (argument & mask) == value */
	} compare[SANDBOX_COMPARISONS_MAX];
};

/* Calls that a need, or (need 0) everyone, may make. */
struct sandbox_call_set {
	unsigned need; /* 0 or one bit of enum sandbox_need */
	const char *name, *help;
	const struct sandbox_call *calls; /* ends with a NULL name */
};

extern const struct sandbox_call_set sandbox_call_sets[]; /* ends with a NULL name */

/* What is not allowed is refused: EPERM, but for these. Lists of names, NULL-terminated. */
extern const char *const sandbox_calls_killing[]; /* end the process: nothing harmless makes them */
extern const char *const sandbox_calls_opening[]; /* EACCES: libraries that look for a file go on without */
extern const char *const sandbox_calls_absent[];  /* ENOSYS: the C library then uses the older call */

#endif
