/*
 * Descriptors that go from one program of this process to the next.
 */
#ifndef EXACHECK_DESCRIPTOR_H
#define EXACHECK_DESCRIPTOR_H

#include <stdbool.h>

/* Let execve(2) leave the descriptor open, or close it. False with errno; -1 is no descriptor, and true. */
bool descriptor_keep(int fd, bool keep);

/* Take over what another program left: whether it is a socket of this type; it is closed by execve(2) again. */
bool descriptor_take_socket(int fd, int type);

#endif
