/*
 * A check's routing keys as the attribute part of an ExaBGP command, in spellings that every ExaBGP
 * version takes alike; numbers only, no word of the configuration.
 */
#ifndef EXACHECK_ATTRIBUTES_H
#define EXACHECK_ATTRIBUTES_H

#include <stdint.h>

#include "config.h"

/*
 * "next-hop self med 100 local-preference 200 as-path [ 1 2 ] community [ 65000:1 ]
 * large-community [ 1:2:3 ] extended-community [ 0x… ]": what is set, in this order. metric replaces the
 * check's (OPTION_UNSET: no med). malloc'd.
 */
char *attributes_format(const struct check_options *, int64_t metric);

#endif
