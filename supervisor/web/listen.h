/*
 * The address that is served.
 */
#ifndef EXACHECK_WEB_LISTEN_H
#define EXACHECK_WEB_LISTEN_H

#include <stddef.h>

/*
 * Listen on ADDRESS:PORT ([ADDRESS]:PORT for IPv6). While it is taken, by one that is yet to end, this waits some seconds.
 * Returns the descriptor, or -1 with a line for people.
 */
int listen_open(const char *address, char *problem, size_t size);

#endif
