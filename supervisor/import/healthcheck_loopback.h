/*
 * The addresses of the loopback interface, as ExaBGP's healthcheck announces them when it is told none.
 */
#ifndef EXACHECK_HEALTHCHECK_LOOPBACK_H
#define EXACHECK_HEALTHCHECK_LOOPBACK_H

#include <stdbool.h>

#include "../../common/option.h"

/*
 * Add the prefixes of the interface "lo" to the list, in the kernel's order: no loopback addresses, none with a peer and
 * none whose length is not that of a host or of a whole network. label: only those whose label after "lo:" begins with
 * it, or (whole) is it; NULL: all. Returns 0, or an errno.
 */
int loopback_prefixes_add(const char *label, bool whole, struct string_list *);

#endif
