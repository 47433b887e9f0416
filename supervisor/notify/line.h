/*
 * A line of what exacheck-notify is told, after the first one.
 */
#ifndef EXACHECK_NOTIFY_LINE_H
#define EXACHECK_NOTIFY_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "notice.h"

enum line_type {
	LINE_NOTICE,
	LINE_LOST,  /* so many notices had no room before it */
	LINE_TEST,  /* send a message now, to see whether it arrives */
	LINE_BYE,   /* exacheck ends */
	LINE_LEAVE, /* another program takes its place, and starts a process like this one */
	LINE_TYPES
};

struct line {
	enum line_type type;
	struct notice *notice; /* LINE_NOTICE: held by the caller */
	uint64_t count;	       /* LINE_LOST */
	int64_t id;	       /* LINE_TEST: to be said with the result */
	char *target;	       /* LINE_TEST: malloc'd; NULL: all */
};

/* Returns false with what is wrong in error, or out of memory; nothing is to be freed then. */
bool line_read(const char *text, size_t length, struct line *, char error[static NOTICE_ERROR_SIZE]);

#endif
