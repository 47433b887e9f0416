/*
 * Metrics for who reads files: metrics.textfile, as the textfile collector of Prometheus' node_exporter takes it.
 */
#ifndef EXACHECK_WEB_TEXTFILE_H
#define EXACHECK_WEB_TEXTFILE_H

#include "output.h"

/*
 * Written soon after the first news, then every 15 seconds whatever happens, so that the file's date tells whether
 * anybody writes it, and at the end, when exacheck_up 0 is all that is left: collectors go on showing a file that
 * nobody writes.
 */
extern const struct output textfile_output;

#endif
