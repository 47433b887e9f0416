/*
 * The control socket's file. Touches the directory that it is in. Invariant: at the path there is a socket that can be
 * connected to as its mode says, or what was there before.
 */
#include "control_socket.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../common/log.h"
#include "control_protocol.h"
#include "runtime_path.h"

#define BACKLOG 64
#define PROBLEM_SIZE 256

/* The place that is being made ready. */
struct site {
	const char *path;
	char base[NAME_MAX + 1];
	char temporary[48]; /* in the same directory */
	int directory;
	char problem[PROBLEM_SIZE]; /* what is wrong, and what to do */
};

/* Returns false, always; errno is that of what failed. */
static bool
site_failed(struct site *site, const char *what)
{
	if (site->problem[0] == '\0')
		snprintf(site->problem, sizeof(site->problem), "%s: %s", what, strerror(errno));
	return false;
}

static bool
site_open(struct site *site, const char *path)
{
	char copy[PATH_MAX];

	*site = (struct site){.path = path, .directory = -1};
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
		snprintf(site->problem, sizeof(site->problem),
		    "too long for a socket: name a shorter path as exacheck.control.socket");
		return false;
	}
	snprintf(site->temporary, sizeof(site->temporary), ".exacheck.%d.sock", (int)getpid());
	strlcpy(copy, path, sizeof(copy));
	strlcpy(site->base, basename(copy), sizeof(site->base));
	strlcpy(copy, path, sizeof(copy));
	site->directory = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	return site->directory != -1 || site_failed(site, "its directory");
}


/* Whether somebody listens there. */
static bool
site_taken(const struct site *site)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool taken;

	strlcpy(address.sun_path, site->path, sizeof(address.sun_path));
	taken = fd != -1 && (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN);
	if (fd != -1)
		close(fd);
	return taken;
}

/* Whether what is at the path may be replaced: nothing, our own socket, or one that was left behind. */
static bool
site_free(struct site *site, const struct control_socket *own)
{
	struct stat there;

	if (fstatat(site->directory, site->base, &there, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT || site_failed(site, "cannot look at it");
	if (!S_ISSOCK(there.st_mode)) {
		snprintf(site->problem, sizeof(site->problem),
		    "it is there and is no socket: move it away, or name another path as exacheck.control.socket");
		return false;
	}
	if (own->fd != -1 && own->device == there.st_dev && own->inode == there.st_ino)
		return true;
	if (!site_taken(site))
		return true;
	snprintf(site->problem, sizeof(site->problem),
	    "another process listens there: name another path as exacheck.control.socket, or another exacheck.runtime_dir");
	return false;
}

/*
 * Its group and mode, of what was made and nothing else: who may write to the directory may have put a link in its place,
 * and we may be root.
 */
static bool
site_permit(const struct site *site, const struct control_socket *new, struct stat *made)
{
	char path[64];
	int fd = openat(site->directory, site->temporary, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool permitted;

	if (fd == -1)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	errno = EEXIST;
	permitted = fstat(fd, made) == 0 && S_ISSOCK(made->st_mode) &&
	    (new->gid == (gid_t)-1 || fchownat(fd, "", (uid_t)-1, new->gid, AT_EMPTY_PATH) == 0) &&
	    chmod(path, new->mode) == 0;
	close(fd);
	return permitted;
}

/* Listening and with its owner and mode, at the temporary name. */
static bool
site_make(struct site *site, struct control_socket *new)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	struct stat made;
	bool bound;

	/* there is room for it, however long the directory's name is */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", site->directory, site->temporary);
	unlinkat(site->directory, site->temporary, 0); /* of a process that had our number */
	mask = umask(0177); /* nobody else's before it is as it should be */
	bound = bind(new->fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	umask(mask);
	if (!bound)
		return site_failed(site, "cannot make it");
	if (!site_permit(site, new, &made))
		return site_failed(site, errno != EPERM ? "cannot give it group and mode as exacheck.control says" :
		    "exacheck has to be a member of exacheck.control.group (systemd: SupplementaryGroups=)");
	if (listen(new->fd, BACKLOG) == -1)
		return site_failed(site, "cannot listen");
	new->device = made.st_dev;
	new->inode = made.st_ino;
	if (renameat(site->directory, site->temporary, site->directory, site->base) == -1)
		return site_failed(site, "cannot move it to its place");
	return true;
}

/* A name, or a number. */
static bool
group_find(const char *name, gid_t *gid, struct site *site)
{
	const struct group *group;
	unsigned long number;
	char *end;

	*gid = (gid_t)-1;
	if (name == NULL)
		return true;
	errno = 0;
	if ((group = getgrnam(name)) != NULL) {
		*gid = group->gr_gid;
		return true;
	}
	number = strtoul(name, &end, 10);
	if (*end == '\0' && end != name && *name != '-' && number < (gid_t)-1) {
		*gid = (gid_t)number;
		return true;
	}
	snprintf(site->problem, sizeof(site->problem),
	    "no group %.100s on this system: create it or name another one as exacheck.control.group", name);
	return false;
}

/* NULL: out of memory. */
static char *
path_make(const struct global_options *options)
{
	return options->control.socket != NULL ? strdup(options->control.socket) :
	    runtime_path(options->runtime_dir, CONTROL_FILE);
}

static bool
socket_make(struct control_socket *new, const struct control_socket *old, const char *group, struct site *site)
{
	if (new->path == NULL || (new->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return site_failed(site, "cannot make it");
	return site_open(site, new->path) && group_find(group, &new->gid, site) && site_free(site, old) &&
	    site_make(site, new);
}

static bool
socket_same(const struct control_socket *socket, const struct control_socket *new, const char *group)
{
	struct site site = {.problem = ""};
	struct stat there;
	gid_t gid;

	return socket->fd != -1 && new->path != NULL && strcmp(socket->path, new->path) == 0 &&
	    socket->mode == new->mode && group_find(group, &gid, &site) && gid == socket->gid &&
	    lstat(socket->path, &there) == 0 && there.st_dev == socket->device && there.st_ino == socket->inode;
}

bool
control_socket_open(struct control_socket *socket, const struct global_options *options)
{
	struct control_socket new = {.fd = -1, .path = path_make(options), .mode = (mode_t)options->control.mode};
	struct site site = {.directory = -1};
	bool moves;

	if (socket_same(socket, &new, options->control.group)) {
		free(new.path);
		return true;
	}
	errno = ENOMEM;
	if (!socket_make(&new, socket, options->control.group, &site)) {
		log_warnx("no control socket at %s: %s%s%s", new.path != NULL ? new.path : "its path", site.problem,
		    socket->fd != -1 ? "; it stays as it was at " : "", socket->fd != -1 ? socket->path : "");
		if (site.directory != -1)
			unlinkat(site.directory, site.temporary, 0);
		if (new.fd != -1)
			close(new.fd);
		free(new.path);
	} else {
		moves = socket->fd != -1 && strcmp(socket->path, new.path) == 0;
		if (moves)
			socket->inode = 0; /* its file is replaced already */
		control_socket_close(socket);
		*socket = new;
	}
	if (site.directory != -1)
		close(site.directory);
	return socket->fd == new.fd && new.fd != -1;
}

bool
control_socket_gone(const struct control_socket *socket)
{
	struct stat there;
	char copy[PATH_MAX];

	if (socket->fd == -1 || lstat(socket->path, &there) == 0 || errno != ENOENT)
		return false;
	strlcpy(copy, socket->path, sizeof(copy));
	return access(dirname(copy), W_OK | X_OK) == 0;
}

void
control_socket_close(struct control_socket *socket)
{
	struct stat there;

	if (socket->fd == -1)
		return;
	close(socket->fd);
	if (lstat(socket->path, &there) == 0 && there.st_dev == socket->device && there.st_ino == socket->inode)
		unlink(socket->path);
	free(socket->path);
	*socket = CONTROL_SOCKET_NONE;
}
