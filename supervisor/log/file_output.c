/*
 * Loggers of method file: a format, and the log that it may share with others. Touches nothing itself.
 */
#include <stdlib.h>

#include "../helpers/report.h"
#include "format.h"
#include "logfile.h"
#include "output.h"
#include "record.h"

struct file {
	struct output output;
	const struct logger_setup *setup;
	struct format *format;
	struct logfile *log;
};

static char *
loss_tell(void *context, const char *text)
{
	const struct file *file = context;
	struct log_fields fields;

	record_own(&fields, LOG_HERE, file->setup->pid, text);
	return format_line(file->format, &fields);
}

static void
file_close(struct output *output)
{
	struct file *file = (struct file *)output;

	logfile_close(file->log);
	format_free(file->format);
	free(file);
}

static struct output *
file_open(const struct logger_setup *setup, struct needs *needs)
{
	struct file *file = calloc(1, sizeof(*file));
	char error[LOG_FORMAT_ERROR_SIZE];

	if (file == NULL)
		return NULL;
	file->output.kind = &file_output;
	file->setup = setup;
	if ((file->format = format_new(setup, error)) == NULL)
		report_fatal("formatter of %s: %s", setup->destination, error);
	if ((file->log = logfile_open(setup, needs, loss_tell, file)) != NULL)
		return &file->output;
	format_free(file->format);
	free(file);
	return NULL;
}

static bool
file_begin(struct output *output, struct event_base *base)
{
	return logfile_begin(((struct file *)output)->log, base);
}

static void
file_write(struct output *output, const struct log_fields *fields)
{
	struct file *file = (struct file *)output;
	char *line = format_line(file->format, fields);

	logfile_write(file->log, line);
	free(line);
}

static void
file_flush(struct output *output)
{
	logfile_flush(((struct file *)output)->log);
}

static void
file_reopen(struct output *output)
{
	logfile_reopen(((struct file *)output)->log);
}

static bool
file_finished(struct output *output)
{
	return logfile_finished(((struct file *)output)->log);
}

const struct output_kind file_output = {
	.method = "file", .open = file_open, .begin = file_begin, .write = file_write, .flush = file_flush,
	.reopen = file_reopen, .finished = file_finished, .close = file_close};
