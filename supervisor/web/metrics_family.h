/*
 * The metrics, as a table: of each family its name, what it is of, and where in the maps of the model (view.h) its
 * samples are found.
 */
#ifndef EXACHECK_WEB_METRICS_FAMILY_H
#define EXACHECK_WEB_METRICS_FAMILY_H

#include <jansson.h>

#include "metrics_text.h"
#include "model.h"

/* What there is one of, or many: exacheck itself, each check, each group, both. */
enum metrics_level { METRICS_EXACHECK, METRICS_CHECK, METRICS_GROUP, METRICS_NODE };

/* What a sampler is given. */
struct metrics_sample {
	FILE *file;
	const struct metrics_family *family;
	const struct model *model;
	const json_t *map; /* of exacheck or of the node */
	struct metrics_label node; /* check or group and its name; without a name: exacheck itself */
};

/* One of the values of a family's label: the label's value, and where it is found. */
struct metrics_series {
	const char *value, *in, *key;
};

struct metrics_family {
	struct metrics_name name;
	enum metrics_level level;
	/*
	 * Where the value is: at key, in the map at `in` unless that is NULL. Numbers are themselves, booleans 0 or 1, dates
	 * seconds since 1970; null is no sample. Or these, instead:
	 */
	const char *in, *key;
	const char *label; /* one sample each of series; or of words, 1 for the one that is at key, else 0 */
	const struct metrics_series *series; /* ends with a value that is NULL */
	const char *const *words;	     /* ends with NULL */
	void (*sample)(const struct metrics_sample *);
};

extern const struct metrics_family metrics_families[];
extern const size_t metrics_families_count;

/* The samplers of the table: see there. */
void metrics_sample_up(const struct metrics_sample *);
void metrics_sample_heard(const struct metrics_sample *);
void metrics_sample_info(const struct metrics_sample *); /* labels: series */
void metrics_sample_present(const struct metrics_sample *); /* 1 when there is something at key, else 0 */
void metrics_sample_is_up(const struct metrics_sample *);
void metrics_sample_executions(const struct metrics_sample *);
void metrics_sample_lease_misses(const struct metrics_sample *);
void metrics_sample_durations(const struct metrics_sample *);
void metrics_sample_weight(const struct metrics_sample *);
void metrics_sample_announced(const struct metrics_sample *);
void metrics_sample_rejected(const struct metrics_sample *);

/* All samples of a family for one map. */
void metrics_sample(const struct metrics_sample *);

#endif
