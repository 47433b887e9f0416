/*
 * Profiles as text. Invariant: says nothing that is not computed from the profile and the call tables.
 */
#include "sandbox_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "../common/sandbox.h"

#define CELL_SIZE 256
#define LINE_WIDTH 78

enum column { COLUMN_CHECK, COLUMN_METHOD, COLUMN_NETWORK, COLUMN_FILES, COLUMN_CALLS, COLUMNS };

static const char *const headings[COLUMNS] = {"CHECK", "METHOD", "NETWORK", "FILES", "SYSTEM CALLS"};

struct row {
	unsigned needs;
	bool confined;
	char cells[COLUMNS][CELL_SIZE];
};

/* Append to a cell, behind a separator where something is there already; what does not fit is cut off. */
static void __attribute__((format(printf, 3, 4)))
cell_add(char cell[static CELL_SIZE], const char *separator, const char *format, ...)
{
	size_t length = strlen(cell);
	va_list arguments;

	if (length > 0)
		length += (size_t)snprintf(cell + length, CELL_SIZE - length, "%s", separator);
	if (length >= CELL_SIZE)
		return;
	va_start(arguments, format);
	vsnprintf(cell + length, CELL_SIZE - length, format, arguments);
	va_end(arguments);
}

static void
network_describe(char cell[static CELL_SIZE], const struct sandbox_profile *profile)
{
	if (profile->any_port)
		cell_add(cell, ", ", "TCP any");
	for (unsigned i = 0; i < profile->port_count && !profile->any_port; i++)
		cell_add(cell, "/", i == 0 ? "TCP %u" : "%u", profile->ports[i]);
	if ((profile->needs & (NEED_UDP | NEED_RESOLVER)) != 0)
		cell_add(cell, ", ", "UDP");
	if ((profile->needs & NEED_PING) != 0)
		cell_add(cell, ", ", "ICMP");
	if ((profile->needs & NEED_RESOLVER) != 0)
		cell_add(cell, ", ", "local");
}

static void
files_describe(char cell[static CELL_SIZE], const struct sandbox_profile *profile)
{
	if ((profile->needs & NEED_RESOLVER) != 0)
		cell_add(cell, ", ", "resolver's");
	if (profile->path != NULL)
		cell_add(cell, ", ", "beside %s", profile->path);
	if (cell[0] == '\0' && (profile->needs & NEED_LOOK) != 0)
		cell_add(cell, ", ", "existence");
}

static void
calls_describe(char cell[static CELL_SIZE], unsigned needs)
{
	for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++)
		if (set->need == 0 || (set->need & needs) != 0)
			cell_add(cell, " ", "%s", set->name);
}

static void
row_make(struct row *row, const struct check_config *check, const struct global_options *global)
{
	const struct common_args *args = check->args;
	struct sandbox_profile profile;

	*row = (struct row){0};
	sandbox_profile(&profile, check->method, check->args, check->options.disable);
	row->needs = profile.needs;
	row->confined = args->sandbox != SANDBOX_OFF && global->sandbox != SANDBOX_LEVEL_OFF;
	cell_add(row->cells[COLUMN_CHECK], "", "%s", check->node.name);
	cell_add(row->cells[COLUMN_METHOD], "", "%s", check->method->name);
	if (row->confined && (profile.needs & NEED_COMMANDS) == 0) {
		network_describe(row->cells[COLUMN_NETWORK], &profile);
		files_describe(row->cells[COLUMN_FILES], &profile);
		calls_describe(row->cells[COLUMN_CALLS], profile.needs);
	} else {
		for (int i = COLUMN_NETWORK; i < COLUMNS; i++)
			cell_add(row->cells[i], "", "%s", row->confined ? "its user's" : "not confined");
	}
	for (int i = 0; i < COLUMNS; i++)
		if (row->cells[i][0] == '\0')
			cell_add(row->cells[i], "", "none");
}

static void
rows_print(const struct row *rows, size_t count, FILE *out)
{
	int widths[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		widths[i] = (int)strlen(headings[i]);
		for (size_t row = 0; row < count; row++)
			if (widths[i] < (int)strlen(rows[row].cells[i]))
				widths[i] = (int)strlen(rows[row].cells[i]);
	}
	for (size_t row = 0; row <= count; row++)
		for (int i = 0; i < COLUMNS; i++)
			fprintf(out, "%-*s%s", i == COLUMNS - 1 ? 0 : widths[i], row == 0 ? headings[i] : rows[row - 1].cells[i],
			    i == COLUMNS - 1 ? "\n" : "  ");
}

/* A call set as an indented paragraph, broken into lines. */
static void
call_set_print(const struct sandbox_call_set *set, FILE *out)
{
	char word[CELL_SIZE];
	int column = LINE_WIDTH, length;

	fprintf(out, "\n%s: %s", set->name, set->help);
	for (const struct sandbox_call *call = set->calls; call->name != NULL; call++) {
		length = snprintf(word, sizeof(word), "%s%s%s%s", call->name, call->only != NULL ? "(" : "",
		    call->only != NULL ? call->only : "", call->only != NULL ? ")" : "");
		if (column + 1 + length > LINE_WIDTH) {
			fputs("\n   ", out);
			column = 3;
		}
		column += fprintf(out, " %s", word);
	}
	fputs("\n", out);
}

static void
call_sets_print(unsigned needs, FILE *out)
{
	for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++)
		if (set->need == 0 || (set->need & needs) != 0)
			call_set_print(set, out);
}

void
sandbox_table_print(const struct config *config, FILE *out)
{
	struct row *rows = calloc(config->count, sizeof(*rows));
	unsigned needs = 0;
	bool filtered = false;

	if (rows == NULL) {
		log_errorx("out of memory");
		return;
	}
	for (size_t i = 0; i < config->count; i++) {
		row_make(&rows[i], &config->checks[i], &config->global);
		if (rows[i].confined && (rows[i].needs & NEED_COMMANDS) == 0) {
			needs |= rows[i].needs;
			filtered = true;
		}
	}
	rows_print(rows, config->count, out);
	if (filtered)
		call_sets_print(needs, out);
	free(rows);
}
