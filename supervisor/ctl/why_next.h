/*
 * What is to happen for a check or a group to change, told from its map with rules.
 */
#ifndef EXACHECK_CTL_WHY_NEXT_H
#define EXACHECK_CTL_WHY_NEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Print lines on standard output: when it is executed next, and what leads to which change, at the earliest when. shared:
 * others want a route of it announced, which is not withdrawn then.
 */
void why_next_print(const json_t *node, int64_t now, bool shared);

#endif
