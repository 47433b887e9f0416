/*
 * The file of the control socket: made beside its place and moved into it, so that whoever finds it can connect; never
 * in place of something that is no socket, or of one at which somebody else listens.
 */
#ifndef EXACHECK_CONTROL_SOCKET_H
#define EXACHECK_CONTROL_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>

#include "config.h"

struct control_socket {
	int fd; /* listening, close-on-exec and non-blocking; -1: none */
	char *path; /* owned */
	dev_t device; /* of the file */
	ino_t inode;
	gid_t gid; /* as asked for; (gid_t)-1: any */
	mode_t mode;
};

#define CONTROL_SOCKET_NONE ((struct control_socket){.fd = -1})

/*
 * Listen as these settings say; a socket that is open, and another one, is closed and its file removed. Returns false
 * after a warning: then all is as before.
 */
bool control_socket_open(struct control_socket *, const struct global_options *);

/* Whether its file was removed from a directory that is there: it can be opened again. */
bool control_socket_gone(const struct control_socket *);

/* Close it and remove its file, if that is still its own. */
void control_socket_close(struct control_socket *);

#endif
