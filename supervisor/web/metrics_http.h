/*
 * Metrics for who asks by HTTP.
 */
#ifndef EXACHECK_WEB_METRICS_HTTP_H
#define EXACHECK_WEB_METRICS_HTTP_H

#include "http.h"

/* All of them, in the format that the request accepts. */
http_handler metrics_serve;

#endif
