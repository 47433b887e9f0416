/*
 * What exacheck-web knows, as metrics: Prometheus' text format 0.0.4, or OpenMetrics 1.0.0 for who asks for it. The
 * names are documented in exacheck(8).
 */
#ifndef EXACHECK_WEB_METRICS_H
#define EXACHECK_WEB_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "metrics_text.h"
#include "model.h"

/* All of it, malloc'd; *length is set. NULL: out of memory. */
char *metrics_make(const struct model *, enum metrics_format, size_t *length);

/* What a client asks for by this field Accept (RFC 9110, 12.5.1); NULL: it has none. */
enum metrics_format metrics_negotiate(const char *accept);

/* The Content-Type of a format. */
const char *metrics_content_type(enum metrics_format);

#endif
