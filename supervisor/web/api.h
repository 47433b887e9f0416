/*
 * What programs read: whether it is well, and everything as JSON. Documented in exacheck-ctl(8).
 */
#ifndef EXACHECK_WEB_API_H
#define EXACHECK_WEB_API_H

#include "http.h"

/* 200 while the supervisor was heard lately, else 503. */
http_handler api_health;

/*
 * All of it. With since=N in the query only the nodes that have changed after sequence N, with "partial":true; with
 * order=N, another one than that of now, the names too.
 */
http_handler api_status;

#endif
