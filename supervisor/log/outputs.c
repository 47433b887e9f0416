/*
 * Loggers. Touches nothing itself. Invariant: each record goes through the filter of each logger once.
 */
#include "outputs.h"

#include <stdlib.h>
#include <string.h>

#include "../helpers/report.h"
#include "filter.h"
#include "output.h"

static const struct output_kind *const kinds[] = {&file_output, &syslog_output};

struct outputs {
	const struct log_setup *setup;
	struct output **outputs; /* one a logger */
};

static const struct output_kind *
kind_find(const char *method)
{
	size_t i = 0;

	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[i]->method, method) != 0)
		i++;
	return i < sizeof(kinds) / sizeof(kinds[0]) ? kinds[i] : NULL;
}

struct outputs *
outputs_open(const struct log_setup *setup, struct needs *needs)
{
	struct outputs *all = calloc(1, sizeof(*all));

	if (all == NULL)
		return NULL;
	all->setup = setup;
	if ((all->outputs = calloc(setup->count + 1, sizeof(struct output *))) == NULL) {
		free(all);
		return NULL;
	}
	for (size_t i = 0; i < setup->count; i++) {
		const struct output_kind *kind = kind_find(setup->loggers[i].method);

		if (kind == NULL)
			report_fatal("there is no method %s", setup->loggers[i].method);
		if ((all->outputs[i] = kind->open(&setup->loggers[i], needs)) == NULL) {
			outputs_close(all);
			return NULL;
		}
	}
	return all;
}

bool
outputs_begin(struct outputs *all, struct event_base *base)
{
	for (size_t i = 0; i < all->setup->count; i++)
		if (!all->outputs[i]->kind->begin(all->outputs[i], base))
			return false;
	return true;
}

void
outputs_write(struct outputs *all, const struct log_fields *fields)
{
	for (size_t i = 0; i < all->setup->count; i++)
		if (filter_wants(&all->setup->loggers[i], fields))
			all->outputs[i]->kind->write(all->outputs[i], fields);
}

void
outputs_write_own(struct outputs *all, const struct log_fields *fields)
{
	for (size_t i = 0; i < all->setup->count; i++)
		all->outputs[i]->kind->write(all->outputs[i], fields);
}

void
outputs_flush(struct outputs *all)
{
	for (size_t i = 0; i < all->setup->count; i++)
		all->outputs[i]->kind->flush(all->outputs[i]);
}

void
outputs_reopen(struct outputs *all)
{
	for (size_t i = 0; i < all->setup->count; i++)
		all->outputs[i]->kind->reopen(all->outputs[i]);
}

bool
outputs_finished(struct outputs *all)
{
	bool finished = true;

	for (size_t i = 0; i < all->setup->count; i++)
		finished = all->outputs[i]->kind->finished(all->outputs[i]) && finished;
	return finished;
}

void
outputs_close(struct outputs *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->setup->count; i++)
		if (all->outputs[i] != NULL)
			all->outputs[i]->kind->close(all->outputs[i]);
	free(all->outputs);
	free(all);
}
