/*
 * Flags of descriptors. Touches the descriptor that it is given.
 */
#include "descriptor.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

bool
descriptor_keep(int fd, bool keep)
{
	int flags;

	if (fd == -1)
		return true;
	flags = fcntl(fd, F_GETFD);
	return flags != -1 && fcntl(fd, F_SETFD, keep ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC) == 0;
}

bool
descriptor_take_socket(int fd, int type)
{
	socklen_t length = sizeof(int);
	int found;

	return fd > STDERR_FILENO && getsockopt(fd, SOL_SOCKET, SO_TYPE, &found, &length) == 0 && found == type &&
	    descriptor_keep(fd, false);
}
