/*
 * Capabilities of this process, as the kernel numbers them (CAP_SETUID and so on; the first 32 of them).
 */
#ifndef EXACHECK_CAPABILITY_H
#define EXACHECK_CAPABILITY_H

#include <stdbool.h>

#define CAPABILITY(NUMBER) (1u << (NUMBER))

/* What changing to another user, and giving up everything with it, takes. */
#define CAPABILITIES_IDENTITY (CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_SETPCAP))

/* Whether each of the mask is in effect. */
bool capabilities_effective(unsigned mask);

/*
 * Of the inheritable capabilities keep these; the kernel takes what is gone from the ambient ones too. False with
 * errno.
 */
bool capabilities_limit(unsigned kept);

#endif
