/*
 * The open file that a log goes to, with the path that leads to it. One that is no regular file (a pipe, a
 * terminal) is written to all the same, and nothing else is done with it.
 */
#ifndef EXACHECK_LOG_SINK_H
#define EXACHECK_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct sink {
	char *path;	 /* absolute; over no symbolic link, unless over one that is not to be followed (path.h) */
	char *directory; /* of it */
	int fd;		 /* -1: not open */
	bool regular;
	bool owned;	 /* this process has the lock: it rotates */
	bool torn;	 /* the file ends within a line */
	dev_t device;	 /* of the directory, as it was when the process was confined to it; 0: it is not confined to it */
	ino_t inode;
};

/* Its directory is made if it is missing and can be. False: out of memory. */
bool sink_init(struct sink *, const char *path);
void sink_clear(struct sink *);

/*
 * A descriptor (O_PATH) of the directory, which is made if it is missing, or where it cannot be of the nearest one
 * above that exists; -1 with errno. confined: the process is about to be confined to it.
 */
int sink_directory(struct sink *, bool confined);
/* Whether the directory is another one than that: what is in it is out of reach until the process begins anew. */
bool sink_displaced(const struct sink *);

/*
 * Open or make the file, with its directories. mode: of one that is made. What was open before is closed only once
 * the new one is there, and locked if it can be. False with errno: nothing is open.
 */
bool sink_open(struct sink *, mode_t mode);
void sink_close(struct sink *);

/* Try to have the lock. */
bool sink_lock(struct sink *);

/* Whether the configured path leads elsewhere by now than to the path: a link has changed. */
bool sink_redirected(const struct sink *, const char *path);
/* Whether the path leads to another file by now, or to none. */
bool sink_moved(const struct sink *);
/* Whether the open file has no name any more. */
bool sink_unlinked(const struct sink *);

/* Its size in bytes, 0 for what has none. */
off_t sink_size(const struct sink *);

/*
 * Write lines: bytes of them, whole ones. Returns how many went out, which is all but for an error (errno). Of a
 * regular file none is half: what was begun is taken back.
 */
size_t sink_write(struct sink *, const char *lines, size_t bytes);

#endif
