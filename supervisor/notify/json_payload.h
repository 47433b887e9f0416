/*
 * The payload of webhooks. Pure.
 */
#ifndef EXACHECK_NOTIFY_JSON_PAYLOAD_H
#define EXACHECK_NOTIFY_JSON_PAYLOAD_H

#include "../../common/notify_parts.h"

struct letter;

/*
 * {"version": "1.0", "title", "message", "type", "attachments": [], "host", "exacheck", "summary", "events": [...]}
 * with the URL's changes: a parameter :KEY=NAME renames a member KEY, or removes it if NAME is empty; any other is a
 * member more. malloc'd; NULL: out of memory.
 */
char *json_payload(const struct letter *, const struct notify_parts *);

#endif
