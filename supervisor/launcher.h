/*
 * The launcher: a small process, forked before the configuration is read, that starts the programs of a fixed
 * table as the supervisor's own children. It is there because what the supervisor confines itself with (no new
 * privileges, seccomp, Landlock) is inherited by what it would start itself.
 */
#ifndef EXACHECK_LAUNCHER_H
#define EXACHECK_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/sandbox.h"
#include "state.h"

struct event_base;
struct launcher;

/*
 * Its programs: below the number of worker_methods that method's spawner, and these: exacheck itself, or what has been put
 * in its place by then, as `exacheck preflight`; and the helpers, which a launcher from before an upgrade may not know
 * (EINVAL).
 */
#define LAUNCHER_PREFLIGHT SIZE_MAX
#define LAUNCHER_WEB (SIZE_MAX - 1)
#define LAUNCHER_LOG (SIZE_MAX - 2)
#define LAUNCHER_NOTIFY (SIZE_MAX - 3)
#define LAUNCHER_ADDRESS (SIZE_MAX - 4)

/* Its name in a request: no method's. */
#define LAUNCHER_SELF "exacheck"

/* The helpers, by name in a request. */
struct launcher_helper {
	size_t program;
	const char *name; /* of the file in libexec, too */
	unsigned capabilities; /* of those that exacheck was given: bits of the first 32 */
};
extern const struct launcher_helper launcher_helpers[]; /* ends with a NULL name */

struct launcher_paths {
	const char *libexec; /* the directory of the spawners and of the helpers */
	const char *program; /* exacheck itself; NULL: there is no preflight */
};

/*
 * Fork the launcher; what this process holds at that moment it holds too. NULL with a log line: it cannot be forked, or
 * is not ready in time.
 */
struct launcher *launcher_start(const struct launcher_paths *);

/* Read its answers from this loop, to which the events belong from now on. False: out of memory. */
bool launcher_attach(struct launcher *, struct event_base *);

/* What became of a request: pid > 0 of a child, which may have ended, or 0 and an errno. */
typedef void launcher_report(void *context, pid_t pid, int error);

/*
 * Start a program with the sandbox's level as its argument; it gets fd as descriptor 3 (the caller closes its own).
 * Does not block: report is called from the loop, once. Returns an id, or 0 with errno: ESRCH when the launcher died,
 * EAGAIN when it is too busy or does not answer.
 */
uint32_t launcher_request(struct launcher *, size_t program, enum sandbox_level, int fd, launcher_report *,
    void *context);

/* The report is not wanted any more; what is started nevertheless is killed. */
void launcher_forget(struct launcher *, uint32_t id);

/* Whether it can start anything: nothing can take the place of one that died. */
bool launcher_alive(const struct launcher *);

/* 0: it has ended. */
pid_t launcher_pid(const struct launcher *);

/* A child ended: true if it was the launcher. */
bool launcher_reaped(struct launcher *, pid_t, int status);

/* Nothing is to be started any more: end it as soon as what it was asked for is answered. */
void launcher_stop(struct launcher *);

/* Kill it, free the rest; to be called before the loop is freed. */
void launcher_free(struct launcher *);

/* Whether a request is unanswered. */
bool launcher_busy(const struct launcher *);

/*
 * The launcher outlives an upgrade: its descriptor is to be left open by execve(2), or not any more. What the next
 * program makes a launcher of while nothing is unanswered: NULL: out of memory. launcher_state_valid: whether that
 * could.
 */
bool launcher_keep(struct launcher *, bool keep);
json_t *launcher_save(const struct launcher *);
struct launcher *launcher_load(const json_t *);
bool launcher_state_valid(const json_t *, char error[static STATE_ERROR_SIZE]);

/* The process itself, for launcher_start. */
_Noreturn void launcher_main(int fd, pid_t supervisor, const struct launcher_paths *);

#endif
