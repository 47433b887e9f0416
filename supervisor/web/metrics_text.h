/*
 * The two text formats of metrics: Prometheus' 0.0.4, and OpenMetrics 1.0.0, which differ in names, in what stands
 * before the samples, and in how they end. Knows no metric.
 */
#ifndef EXACHECK_WEB_METRICS_TEXT_H
#define EXACHECK_WEB_METRICS_TEXT_H

#include <stddef.h>
#include <stdio.h>

enum metrics_format { METRICS_PROMETHEUS, METRICS_OPENMETRICS, METRICS_FORMATS };

enum metrics_type { METRICS_GAUGE, METRICS_COUNTER, METRICS_HISTOGRAM, METRICS_INFO };

/* What all samples of a family have alike. Of constants: nothing in them wants an escape. */
struct metrics_name {
	const char *name; /* without what the type adds: _total of counters, _info */
	enum metrics_type type;
	const char *unit; /* the name's end, NULL: none */
	const char *help;
};

/* A list of labels ends with a name that is NULL. Any value will do, it is escaped; NULL and "" leave the label out. */
struct metrics_label {
	const char *name, *value;
};

/* Errors of the file are the file's: see ferror(3). */
void metrics_text_head(FILE *, enum metrics_format, const struct metrics_name *);
void metrics_text_end(FILE *, enum metrics_format);

/* suffix: what the name of the sample has beyond the family's, or NULL for what the type adds. */
void metrics_text_sample(FILE *, const struct metrics_name *, const char *suffix, const struct metrics_label *,
    double value);

/* A number as both formats have it; of a bucket's bound, that looks like a fraction. Returns text. */
#define METRICS_NUMBER_SIZE 32
const char *metrics_text_number(double value, char text[static METRICS_NUMBER_SIZE]);
const char *metrics_text_bound(double value, char text[static METRICS_NUMBER_SIZE]);

#endif
