/*
 * Lines of metrics. Touches the file it is given. Invariant: whatever a label's value is, a sample is one line.
 */
#include "metrics_text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *suffix;
	const char *words[METRICS_FORMATS];
	bool in_name[METRICS_FORMATS]; /* whether the suffix is part of the family's name */
} types[] = {
	[METRICS_GAUGE] = {"", {"gauge", "gauge"}, {true, true}},
	[METRICS_COUNTER] = {"_total", {"counter", "counter"}, {true, false}},
	[METRICS_HISTOGRAM] = {"", {"histogram", "histogram"}, {true, true}},
	[METRICS_INFO] = {"_info", {"gauge", "info"}, {true, false}},
};

void
metrics_text_head(FILE *file, enum metrics_format format, const struct metrics_name *name)
{
	const char *suffix = types[name->type].in_name[format] ? types[name->type].suffix : "";

	fprintf(file, "# HELP %s%s %s\n# TYPE %s%s %s\n", name->name, suffix, name->help, name->name, suffix,
	    types[name->type].words[format]);
	if (format == METRICS_OPENMETRICS && name->unit != NULL)
		fprintf(file, "# UNIT %s %s\n", name->name, name->unit);
}

void
metrics_text_end(FILE *file, enum metrics_format format)
{
	if (format == METRICS_OPENMETRICS)
		fputs("# EOF\n", file);
}

static void
value_write(FILE *file, const char *text)
{
	for (;;) {
		size_t plain = strcspn(text, "\\\"\n");

		fwrite_unlocked(text, 1, plain, file);
		text += plain;
		if (*text == '\0')
			return;
		putc_unlocked('\\', file);
		putc_unlocked(*text == '\n' ? 'n' : *text, file);
		text++;
	}
}

const char *
metrics_text_number(double value, char text[static METRICS_NUMBER_SIZE])
{
	/* most are 0 or 1, of tens of thousands */
	if (value >= 0 && value < 10 && value == trunc(value))
		memcpy(text, (const char[]){(char)('0' + (int)value), '\0'}, 2);
	/* up to there every integer is itself; beyond, 15 digits are what a double has */
	else if (value == trunc(value) && fabs(value) < 1e15)
		snprintf(text, METRICS_NUMBER_SIZE, "%lld", (long long)value);
	else
		snprintf(text, METRICS_NUMBER_SIZE, "%.15g", value);
	return text;
}

const char *
metrics_text_bound(double value, char text[static METRICS_NUMBER_SIZE])
{
	metrics_text_number(value, text);
	if (isfinite(value) && strpbrk(text, ".e") == NULL)
		strcat(text, ".0");
	return text;
}

void
metrics_text_sample(FILE *file, const struct metrics_name *name, const char *suffix, const struct metrics_label *labels,
    double value)
{
	char number[METRICS_NUMBER_SIZE], separator = '{';

	fputs_unlocked(name->name, file);
	fputs_unlocked(suffix != NULL ? suffix : types[name->type].suffix, file);
	for (; labels != NULL && labels->name != NULL; labels++) {
		if (labels->value == NULL || *labels->value == '\0')
			continue;
		putc_unlocked(separator, file);
		fputs_unlocked(labels->name, file);
		fputs_unlocked("=\"", file);
		value_write(file, labels->value);
		putc_unlocked('"', file);
		separator = ',';
	}
	if (separator == ',')
		putc_unlocked('}', file);
	putc_unlocked(' ', file);
	fputs_unlocked(metrics_text_number(value, number), file);
	putc_unlocked('\n', file);
}
