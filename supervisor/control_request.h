/*
 * A request: one line of JSON. Pure: it is taken apart and checked, nothing is done. Nothing in it is believed that is
 * not checked here.
 */
#ifndef EXACHECK_CONTROL_REQUEST_H
#define EXACHECK_CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control_protocol.h"

#define CONTROL_PROBLEM_SIZE 256

/* What a request may have beside protocol and command. */
enum control_field {
	FIELD_NAMES = 1 << 0,	/* list of texts: globs */
	FIELD_DETAIL = 1 << 1,	/* "brief", "full" */
	FIELD_SINCE = 1 << 2,	/* number of an event */
	FIELD_FOLLOW = 1 << 3,	/* bool */
	FIELD_FOR = 1 << 4,	/* for_s: seconds above 0 */
	FIELD_REASON = 1 << 5,	/* text, one line */
	FIELD_DRY_RUN = 1 << 6, /* bool */
	FIELD_LEVEL = 1 << 7,	/* of the log */
	FIELD_TARGET = 1 << 8,	/* text: name of a notification */
};

struct control_request {
	json_t *map; /* owned; what follows points into it */
	const char *command;
	const json_t *names; /* list of texts; NULL: none were said */
	bool full, follow, dry_run;
	uint64_t since;
	int64_t for_ns; /* 0: not said */
	const char *reason; /* NULL: not said */
	const char *target; /* NULL: not said */
	int level; /* enum log_level, -1: not said */
	unsigned said; /* fields */
};

enum control_parse {
	PARSE_OK,
	PARSE_PROTOCOL, /* of another version */
	PARSE_BAD,
	PARSE_MEMORY, /* there is none: what it is cannot be said */
};

/*
 * Take a line apart. problem: what is wrong, for people. The request is to be cleared, also when something is wrong
 * with it.
 */
enum control_parse control_request_parse(struct control_request *, const char *line, size_t length,
    char problem[static CONTROL_PROBLEM_SIZE]);

/* Whether it has these fields only. */
bool control_request_permit(const struct control_request *, unsigned fields, char problem[static CONTROL_PROBLEM_SIZE]);

void control_request_clear(struct control_request *);

#endif
