/*
 * Notices for tests, as lines of what exacheck-notify is told. Invariant: what a test does not say is null.
 */
#ifndef EXACHECK_TESTS_NOTICES_H
#define EXACHECK_TESTS_NOTICES_H

#include <jansson.h>

#include "../../supervisor/notify/notice.h"
#include "unit.h"

#define NOON_US INT64_C(1700000000000000) /* 2023-11-14T22:13:20Z */

/* JSON with ' for ", added to what every notice has. */
static inline struct notice *
notice_of(const char *text)
{
	char error[NOTICE_ERROR_SIZE] = "", quoted[4096];
	json_t *map = json_pack("{s:s s:s s:s s:I}", "level", "error", "event", "withdraw", "text", "up -> down: refused",
	    "at", (json_int_t)NOON_US), *more;
	struct notice *notice;
	size_t i;

	for (i = 0; text[i] != '\0' && i < sizeof(quoted) - 1; i++)
		quoted[i] = text[i] == '\'' ? '"' : text[i];
	quoted[i] = '\0';
	more = json_loads(quoted, 0, NULL);
	ck_assert_msg(more != NULL && json_object_update(map, more) == 0, "not JSON: %s", quoted);
	notice = notice_read(map, error);
	ck_assert_msg(notice != NULL, "%s", error);
	json_decref(more);
	json_decref(map);
	return notice;
}

/* A check that went from one state to another, this long after noon. */
static inline struct notice *
notice_change(const char *check, const char *from, const char *to, double seconds)
{
	char text[512];

	snprintf(text, sizeof(text), "{'check': '%s', 'from': '%s', 'to': '%s', 'at': %lld, 'event': '%s', 'level': '%s',"
	    " 'text': '%s -> %s: why', 'cause': 'why'}", check, from, to, (long long)(NOON_US + (int64_t)(seconds * 1e6)),
	    strcmp(to, "up") == 0 ? "announce" : "withdraw", strcmp(to, "up") == 0 ? "success" : "error", from, to);
	return notice_of(text);
}

#endif
