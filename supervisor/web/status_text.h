/*
 * What a status file says and how it is called, as the Perl program exabgp-healthcheck has them. Pure.
 */
#ifndef EXACHECK_WEB_STATUS_TEXT_H
#define EXACHECK_WEB_STATUS_TEXT_H

#include <jansson.h>
#include <stdint.h>

/*
 * The four lines of a check or a group, by its map (view_node), malloc'd. terminated: it says so, as changed at that
 * time. default_ms: when it changed last if it never has; milliseconds since 1970, told in local time. NULL: out of
 * memory.
 */
enum status_end { STATUS_RUNS, STATUS_TERMINATED };
char *status_text(const json_t *map, enum status_end, int64_t default_ms);

/*
 * The file's name: the node's own, with %XX in the place of what a name in a directory cannot have, or a shell would
 * hide. Different names have different files; one that is too long ends with ~ and a number made of all of it.
 * Returns text.
 */
#define STATUS_NAME_MAX 240 /* what is put before and after it fits as well */
const char *status_name(const char *node, char text[static STATUS_NAME_MAX + 1]);

#endif
