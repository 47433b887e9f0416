/*
 * The URL of a request, without user and password. Pure.
 */
#ifndef EXACHECK_NOTIFY_REQUEST_URL_H
#define EXACHECK_NOTIFY_REQUEST_URL_H

#include <stdbool.h>

#include "../../common/notify_parts.h"

/*
 * To the host and port of these parts, with this path (percent-encoded where it is not yet) and, if query, the
 * parameters that begin with '-'. malloc'd; NULL: out of memory.
 */
char *request_url(const struct notify_parts *, bool tls, const char *path, bool query);

#endif
