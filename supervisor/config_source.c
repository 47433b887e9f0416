/*
 * Loading what a source says, with a word about each finding. Touches the log, and what the source touches. Invariant: a
 * configuration that is returned is called as its source is.
 */
#include "config_source.h"

#include "../common/log.h"
#include "config.h"
#include "diagnostic.h"

static struct config *
file_load(const struct config_source *source, const struct config *running, struct diagnostics *diagnostics)
{
	/* those of log files may have to wait for a file system, which a running supervisor must not */
	return config_load(source->file, diagnostics, running == NULL);
}

struct config_source
config_source_file(const char *path)
{
	return (struct config_source){.name = path, .file = path, .load = file_load};
}

static void
log_finding(void *context, enum severity severity, const char *line)
{
	(void)context;
	log_line(severity == SEVERITY_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, NULL, "%s", line);
}

struct config *
config_source_load(const struct config_source *source, const struct config *running)
{
	struct diagnostics *diagnostics = diagnostics_new(source->name);
	struct config *config;

	if (diagnostics == NULL) {
		log_errorx("cannot load %s: out of memory", source->name);
		return NULL;
	}
	config = source->load(source, running, diagnostics);
	diagnostics_each(diagnostics, log_finding, NULL);
	diagnostics_free(diagnostics);
	return config;
}
