/*
 * Where a configuration comes from: a file, or what another program's options come to. A source is asked at the start,
 * and again at every reload.
 */
#ifndef EXACHECK_CONFIG_SOURCE_H
#define EXACHECK_CONFIG_SOURCE_H

#include <stdbool.h>

struct config;
struct diagnostics;

struct config_source {
	const char *name; /* for people: the path, or what stands in its place; config->path of what it makes */
	const char *file; /* whose change is a change of the configuration */
	/* As config_load (config.h); running: that which is to be replaced, NULL: this is the start. */
	struct config *(*load)(const struct config_source *, const struct config *running, struct diagnostics *);
	void *context;
	const char *runtime_dir; /* whatever the configuration says; NULL: that says it */
};

/* A file in our own format. path outlives it. */
struct config_source config_source_file(const char *path);

/* Load it, see load above, and log every finding. NULL: it has errors, or memory is short. */
struct config *config_source_load(const struct config_source *, const struct config *running);

#endif
