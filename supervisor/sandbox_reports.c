/*
 * A short list of texts. Invariant: bounded, whatever workers say.
 */
#include "sandbox_reports.h"

#include <stdlib.h>
#include <string.h>

#include "../common/log.h"

struct sandbox_reports {
	unsigned count;
	struct {
		const char *method;
		char *text;
	} kept[SANDBOX_REPORTS_MAX];
};

struct sandbox_reports *
sandbox_reports_new(void)
{
	return calloc(1, sizeof(struct sandbox_reports));
}

void
sandbox_reports_free(struct sandbox_reports *reports)
{
	for (unsigned i = 0; i < reports->count; i++)
		free(reports->kept[i].text);
	free(reports);
}

const char *
sandbox_reports_keep(struct sandbox_reports *reports, const char *method, const char *check, const char *text)
{
	unsigned same = 0;
	char *copy;

	for (unsigned i = 0; i < reports->count; i++) {
		if (reports->kept[i].method != method)
			continue;
		if (strcmp(reports->kept[i].text, text) == 0)
			return reports->kept[i].text;
		same++;
	}
	if (reports->count == SANDBOX_REPORTS_MAX || same == SANDBOX_REPORTS_OF_METHOD || (copy = strdup(text)) == NULL)
		return "unknown";
	reports->kept[reports->count].method = method;
	reports->kept[reports->count++].text = copy;
	log_info("sandbox of %s workers, \"%s\" the first: %s", method, check, copy);
	return copy;
}
