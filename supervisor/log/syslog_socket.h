/*
 * Sockets to syslog servers, made so that they never wait and that a dead server is noticed.
 */
#ifndef EXACHECK_LOG_SYSLOG_SOCKET_H
#define EXACHECK_LOG_SYSLOG_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * Begin to connect; type: SOCK_STREAM or SOCK_DGRAM. Returns the descriptor; *pending: it is not connected yet. -1 with
 * errno.
 */
int syslog_socket_open(const struct sockaddr_storage *, int type, bool *pending);

/* The address of a local socket. False: the path is too long. */
bool syslog_socket_local(const char *path, struct sockaddr_storage *);

/* Bytes that the other side has not acknowledged. */
size_t syslog_socket_unacknowledged(int fd);

/* An error that came meanwhile, or 0. */
int syslog_socket_error(int fd);

/* Read what the server says, which is nothing to us. False: it has closed the connection (errno 0), or an error came. */
bool syslog_socket_drain(int fd);

#endif
