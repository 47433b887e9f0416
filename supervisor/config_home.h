/*
 * Where a key belongs that stands in the wrong map. Pure.
 */
#ifndef EXACHECK_CONFIG_HOME_H
#define EXACHECK_CONFIG_HOME_H

#include "../common/option.h"

/*
 * For a message, where in the configuration there is this key, which a map with this table has not: "args". NULL: nowhere,
 * or the table is none of those that are mixed up: the document, exacheck, a check, its args, a group.
 */
const char *config_home(const struct option *table, const char *key);

#endif
