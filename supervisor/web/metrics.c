/*
 * The whole of the metrics. Touches nothing but memory. Invariant: all samples of a family stand together, after its
 * head.
 */
#include "metrics.h"

#include <stdlib.h>
#include <string.h>

#include "metrics_family.h"

static void
family_write(FILE *file, const struct model *model, enum metrics_format format, const struct metrics_family *family)
{
	struct metrics_sample sample = {.file = file, .family = family, .model = model, .map = model_exacheck(model)};

	metrics_text_head(file, format, &family->name);
	if (family->level == METRICS_EXACHECK) {
		/* without any of it but whether there is some */
		if (sample.map != NULL || family->sample == metrics_sample_up)
			metrics_sample(&sample);
		return;
	}
	for (size_t i = 0; i < model_count(model); i++) {
		const struct model_node *node = model_at(model, i);

		if (node->map == NULL || (family->level != METRICS_NODE && node->group != (family->level == METRICS_GROUP)))
			continue;
		sample.map = node->map;
		sample.node = (struct metrics_label){node->group ? "group" : "check", node->name};
		metrics_sample(&sample);
	}
}

char *
metrics_make(const struct model *model, enum metrics_format format, size_t *length)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, length);
	bool whole;

	if (file == NULL)
		return NULL;
	for (size_t i = 0; i < metrics_families_count; i++)
		family_write(file, model, format, &metrics_families[i]);
	metrics_text_end(file, format);
	whole = !ferror(file);
	if (fclose(file) == 0 && whole)
		return text;
	free(text);
	return NULL;
}

static const struct {
	const char *type; /* of a media range, in lower case */
	enum metrics_format format;
} ranges[] = {
	{"application/openmetrics-text", METRICS_OPENMETRICS},
	{"text/plain", METRICS_PROMETHEUS},
	{"text/*", METRICS_PROMETHEUS},
	{"*/*", METRICS_PROMETHEUS},
};

/* The value of a parameter of a media range, at its end a separator; NULL: there is none. */
static const char *
parameter_find(const char *range, const char *end, const char *name)
{
	size_t length = strlen(name);

	while ((range = memchr(range, ';', (size_t)(end - range))) != NULL) {
		range += 1 + strspn(range + 1, " \t");
		if (range + length < end && strncasecmp(range, name, length) == 0 && range[length] == '=')
			return range + length + 1;
	}
	return NULL;
}

/* How much a media range is wanted; it begins with the type's first letter and ends before end. */
static double
range_quality(const char *range, const char *end, enum metrics_format format)
{
	const char *version = parameter_find(range, end, "version"), *quality = parameter_find(range, end, "q");

	if (format == METRICS_OPENMETRICS && version != NULL && strncmp(version, "1.0.0", 5) != 0 &&
	    strncmp(version, "\"1.0.0\"", 7) != 0)
		return 0;
	return quality != NULL ? strtod(quality, NULL) : 1;
}

enum metrics_format
metrics_negotiate(const char *accept)
{
	double wanted[METRICS_FORMATS] = {0};

	while (accept != NULL && *accept != '\0') {
		const char *range = accept + strspn(accept, " \t,"), *end = strchrnul(range, ',');
		size_t length = strcspn(range, " \t;,");

		for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
			double *best = &wanted[ranges[i].format], quality;

			if (length != strlen(ranges[i].type) || strncasecmp(range, ranges[i].type, length) != 0)
				continue;
			if ((quality = range_quality(range, end, ranges[i].format)) > *best)
				*best = quality;
		}
		accept = end;
	}
	return wanted[METRICS_OPENMETRICS] > 0 && wanted[METRICS_OPENMETRICS] >= wanted[METRICS_PROMETHEUS] ?
	    METRICS_OPENMETRICS : METRICS_PROMETHEUS;
}

const char *
metrics_content_type(enum metrics_format format)
{
	static const char *const types[METRICS_FORMATS] = {
		[METRICS_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
		[METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	};

	return types[format];
}
