/*
 * One mechanism of the sandbox a file; sandbox.c alone calls them, in the order in which each still can be done.
 */
#ifndef EXACHECK_SANDBOX_MECHANISM_H
#define EXACHECK_SANDBOX_MECHANISM_H

#include "sandbox.h"

struct sandbox_call;
struct sock_fprog;

#define MECHANISM_TEXT_SIZE 160

enum mechanism_end {
	MECHANISM_APPLIED, /* text: what to say of it, perhaps nothing */
	MECHANISM_IDLE,	   /* this check's needs leave nothing to take away */
	MECHANISM_LACKING, /* the kernel does not have it; text says so */
	MECHANISM_FAILED,  /* text: why */
};

typedef enum mechanism_end mechanism_enter(const struct sandbox *, char text[static MECHANISM_TEXT_SIZE]);

/* uid, gid, groups and capabilities; the end together with the supervisor. */
mechanism_enter identity_enter;
/* No privilege by exec, no look from outside. */
mechanism_enter privileges_enter;
/* Bounds on memory, descriptors, processes, file sizes, core files. */
mechanism_enter limits_enter;
/* Files, TCP ports, signals, abstract sockets. */
mechanism_enter landlock_profile_enter;
/* System calls: what seccomp_prepare compiled for these needs. */
mechanism_enter seccomp_profile_enter;

/*
 * Compile the filter for these needs and the calls of further lists (the last NULL; NULL: none); all else is refused, or
 * kills. It allocates: see seccomp_filter_compile for whose the program is. Returns false with text.
 */
bool seccomp_profile_compile(unsigned needs, const struct sandbox_call *const *more, struct sock_fprog *,
    char text[static MECHANISM_TEXT_SIZE]);

/* In the spawner: compile the filters of every set of needs that the method's checks can have. Returns false with text. */
bool seccomp_prepare(const struct check_method *, char text[static MECHANISM_TEXT_SIZE]);
/* Confine the spawner itself. */
enum mechanism_end seccomp_enter_spawner(const struct check_method *, char text[static MECHANISM_TEXT_SIZE]);
enum mechanism_end landlock_enter_spawner(const struct check_method *, char text[static MECHANISM_TEXT_SIZE]);

#endif
