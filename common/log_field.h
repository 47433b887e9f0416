/*
 * The fields that a format of log lines may name, as loguru calls them.
 */
#ifndef EXACHECK_LOG_FIELD_H
#define EXACHECK_LOG_FIELD_H

#include <stdbool.h>

#include "log_format.h"

#define LOG_FIELD_SIZE 256

struct log_field {
	const char *name;
	bool number; /* aligned to the right, where nothing is said of that */
	/* Its text: of the line, or constant, or written to the buffer. */
	const char *(*text)(const struct log_fields *, char buffer[static LOG_FIELD_SIZE]);
};

/* NULL: there is no such field. */
const struct log_field *log_field_find(const char *name);

/* All there are that say something, for people, in short; {time} is none of this table. */
#define LOG_FIELD_NAMES "time, level[.name|.no|.icon], process[.id|.name], message, extra[check_name|event|subsystem], " \
	"file[.name|.path], line, function, name, module"

#endif
