/*
 * Findings about a configuration: collects, sorts, prints. Touches no file but the one it prints to.
 * Invariant: a finding is always counted, even where there is neither memory nor room to keep its text.
 */
#include "diagnostic.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../common/utf8.h"

/* Nobody reads more, and a hostile file must not turn into gigabytes of messages. */
#define FINDINGS_MAX 1000 /* of each severity */
#define TEXT_MAX 1000	  /* bytes of one finding */

struct finding {
	unsigned line, column;
	size_t order; /* of arrival: keeps the sort stable */
	enum severity severity;
	char *text; /* ": where: message" without file and position; owned */
};

struct diagnostics {
	char *path;
	size_t counts[SEVERITY_ERROR + 1];
	size_t kept[SEVERITY_ERROR + 1];
	size_t count, room;
	struct finding *findings;
	bool sorted;
};

struct diagnostics *
diagnostics_new(const char *path)
{
	struct diagnostics *diagnostics = calloc(1, sizeof(*diagnostics));

	if (diagnostics == NULL)
		return NULL;
	if ((diagnostics->path = strdup(path)) == NULL) {
		free(diagnostics);
		return NULL;
	}
	return diagnostics;
}

void
diagnostics_free(struct diagnostics *diagnostics)
{
	if (diagnostics == NULL)
		return;
	for (size_t i = 0; i < diagnostics->count; i++)
		free(diagnostics->findings[i].text);
	free(diagnostics->findings);
	free(diagnostics->path);
	free(diagnostics);
}

/* Cut at TEXT_MAX, not inside a UTF-8 sequence. */
static void
finding_cut(char *text)
{
	size_t length = strlen(text);

	if (length <= TEXT_MAX)
		return;
	length = TEXT_MAX - 3;
	while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	memcpy(text + length, "...", sizeof("..."));
}

static bool
findings_grow(struct diagnostics *diagnostics)
{
	size_t room = diagnostics->room == 0 ? 16 : diagnostics->room * 2;
	struct finding *findings;

	if (diagnostics->count < diagnostics->room)
		return true;
	if ((findings = reallocarray(diagnostics->findings, room, sizeof(*findings))) == NULL)
		return false;
	diagnostics->findings = findings;
	diagnostics->room = room;
	return true;
}

void
diagnostic_add(struct diagnostics *diagnostics, enum severity severity, unsigned line, unsigned column,
    const char *where, const char *format, ...)
{
	char *message, *text;
	va_list ap;
	int length;

	diagnostics->counts[severity]++;
	if (diagnostics->kept[severity] >= FINDINGS_MAX || !findings_grow(diagnostics))
		return;
	va_start(ap, format);
	length = vasprintf(&message, format, ap);
	va_end(ap);
	if (length == -1)
		return;
	length = asprintf(&text, "%s%s%s", where != NULL ? where : "", where != NULL ? ": " : "", message);
	free(message);
	if (length == -1)
		return;
	utf8_sanitise(text); /* findings quote the file: nothing that a terminal would act upon */
	finding_cut(text);
	diagnostics->findings[diagnostics->count] =
	    (struct finding){line, column, diagnostics->count, severity, text};
	diagnostics->count++;
	diagnostics->kept[severity]++;
	diagnostics->sorted = false;
}

size_t
diagnostics_count(const struct diagnostics *diagnostics, enum severity severity)
{
	return diagnostics->counts[severity];
}

static int
finding_compare(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void
finding_visit(const struct diagnostics *diagnostics, const struct finding *finding,
    void (*visit)(void *, enum severity, const char *), void *context)
{
	const char *severity = finding->severity == SEVERITY_WARNING ? "warning: " : "";
	char *line;
	int length;

	if (finding->line == 0)
		length = asprintf(&line, "%s: %s%s", diagnostics->path, severity, finding->text);
	else
		length = asprintf(&line, "%s:%u:%u: %s%s", diagnostics->path, finding->line, finding->column, severity,
		    finding->text);
	visit(context, finding->severity, length == -1 ? finding->text : line);
	if (length != -1)
		free(line);
}

/* Say what was counted but not kept. */
static void
rest_visit(const struct diagnostics *diagnostics, enum severity severity, const char *what,
    void (*visit)(void *, enum severity, const char *), void *context)
{
	size_t rest = diagnostics->counts[severity] - diagnostics->kept[severity];
	char *line;

	if (rest == 0)
		return;
	if (asprintf(&line, "%s: and %zu more %s%s", diagnostics->path, rest, what, rest == 1 ? "" : "s") == -1) {
		visit(context, severity, "and more: out of memory");
		return;
	}
	visit(context, severity, line);
	free(line);
}

void
diagnostics_each(struct diagnostics *diagnostics, void (*visit)(void *, enum severity, const char *), void *context)
{
	if (!diagnostics->sorted && diagnostics->count > 0)
		qsort(diagnostics->findings, diagnostics->count, sizeof(*diagnostics->findings), finding_compare);
	diagnostics->sorted = true;
	for (size_t i = 0; i < diagnostics->count; i++)
		finding_visit(diagnostics, &diagnostics->findings[i], visit, context);
	rest_visit(diagnostics, SEVERITY_ERROR, "error", visit, context);
	rest_visit(diagnostics, SEVERITY_WARNING, "warning", visit, context);
}

static void
line_print(void *context, enum severity severity, const char *line)
{
	(void)severity;
	fprintf(context, "%s\n", line);
}

void
diagnostics_print(struct diagnostics *diagnostics, FILE *file)
{
	diagnostics_each(diagnostics, line_print, file);
}
