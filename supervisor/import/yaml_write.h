/*
 * A JSON value as YAML for people, in the order in which it was made.
 */
#ifndef EXACHECK_YAML_WRITE_H
#define EXACHECK_YAML_WRITE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* False: out of memory, or the file cannot be written. */
bool yaml_write(json_t *, FILE *);

#endif
