/*
 * The look-up of a syslog server's name, in a child: whatever a name service takes, nothing else waits for it.
 */
#ifndef EXACHECK_LOG_SYSLOG_NAME_H
#define EXACHECK_LOG_SYSLOG_NAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define SYSLOG_ADDRESSES_MAX 8

struct syslog_name;

/* The addresses that were found, with the port; none: reason says why, for people. Called from the loop, once. */
typedef void syslog_name_done(void *context, const struct sockaddr_storage *, size_t count, const char *reason);

/* Begin; type: SOCK_STREAM or SOCK_DGRAM. After 10 s it is given up. NULL with errno: no process, no memory. */
struct syslog_name *syslog_name_look_up(const char *name, uint16_t port, int type, syslog_name_done *, void *context);

/* Give it up: done is not called. */
void syslog_name_free(struct syslog_name *);

#endif
