/*
 * What exacheck-log is told: lines of JSON, one word or one record each.
 */
#ifndef EXACHECK_LOG_RECORD_H
#define EXACHECK_LOG_RECORD_H

#include <jansson.h>
#include <stddef.h>

#include "../../common/log.h"
#include "../../common/log_format.h"

enum record_type {
	RECORD_BAD,    /* no sense can be made of it, or out of memory */
	RECORD_LINE,   /* a record of the log: the fields */
	RECORD_LOST,   /* so many had no room: the count */
	RECORD_REOPEN, /* files may be others by now */
	RECORD_BYE,    /* the end is near */
	RECORD_LEAVE,  /* the same, and another exacheck-log comes */
};

#define RECORD_TEXTS 9
#define RECORD_LATEST_US INT64_C(253402300799999999) /* the year 9999 */

struct record {
	enum record_type type;
	struct log_fields fields; /* printable text without newlines; the record's */
	int64_t count;
	json_t *map;
	char *texts[RECORD_TEXTS];
};

/* Read a line. pid: the supervisor's. record_clear in any case. */
void record_read(struct record *, const char *line, size_t length, int pid);
void record_clear(struct record *);

/*
 * A line of exacheck-log's own, for a file in which others are missing: of level warning, event error and subsystem
 * logging. text lives as long as the fields. Where: LOG_HERE.
 */
void record_own(struct log_fields *, const struct log_source *where, int pid, const char *text);

/* "12 lines were lost: REASON" in text. Returns text. */
#define RECORD_LOST_SIZE 256
const char *record_lost_text(char text[static RECORD_LOST_SIZE], uint64_t count, const char *reason);

#endif
