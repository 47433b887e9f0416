/*
 * Keeping the configuration. Touches its file in the runtime directory. Invariant: what another exacheck runs, or has run
 * with another source, is not taken for ours.
 *
 * The file is the configuration as `exacheck test --print` has it, below a line with the name of its source. It may hold
 * secrets, as the configuration's own file does: it is nobody else's to read.
 */
#include "config_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "config.h"
#include "config_source.h"
#include "diagnostic.h"
#include "file_replace.h"
#include "journal_file.h"
#include "lock.h"
#include "runtime_path.h"
#include "tree.h"

#define NAME "configuration"

bool
config_kept_init(struct config_kept *kept, const char *directory, bool ours)
{
	*kept = (struct config_kept){.ours = ours, .path = runtime_path(directory, NAME),
	    .new_path = runtime_path(directory, NAME ".new"), .journal = runtime_path(directory, RUNTIME_JOURNAL)};
	return kept->path != NULL && kept->new_path != NULL && kept->journal != NULL;
}

/* malloc'd; NULL with errno. */
static char *
text_make(const struct config *config, size_t *length)
{
	char *text = NULL;
	FILE *file;
	bool failed;

	if (strchr(config->path, '\n') != NULL) {
		errno = EINVAL; /* it would not be one line */
		return NULL;
	}
	if ((file = open_memstream(&text, length)) == NULL)
		return NULL;
	fprintf(file, "# %s\n", config->path);
	config_print(config, file);
	failed = ferror(file) != 0;
	if (fclose(file) == 0 && !failed && text != NULL)
		return text;
	free(text);
	errno = ENOMEM;
	return NULL;
}

void
config_kept_write(struct config_kept *kept, const struct config *config)
{
	size_t length;
	char *text;
	bool saved;

	if (!kept->ours)
		return;
	text = text_make(config, &length);
	saved = text != NULL && file_replace(kept->path, kept->new_path, text, length);
	if (!saved && !kept->unsaved)
		log_warn("%s cannot be written: a start after a crash needs a configuration that is right", kept->path);
	if (!saved)
		unlink(kept->path); /* what does not run any more is of no use */
	kept->unsaved = !saved;
	free(text);
}

void
config_kept_end(struct config_kept *kept)
{
	if (kept->ours && kept->journal != NULL && access(kept->journal, F_OK) == -1 && errno == ENOENT)
		unlink(kept->path);
	free(kept->path);
	free(kept->new_path);
	free(kept->journal);
	*kept = (struct config_kept){.ours = false};
}

bool
config_kept_exists(const char *directory)
{
	char *path = runtime_path(directory, NAME);
	bool exists = path != NULL && access(path, F_OK) == 0;

	free(path);
	return exists;
}

/* Where a source that is wrong would have its runtime directory; malloc'd, NULL: out of memory. */
static char *
directory_find(const struct config_source *source)
{
	const char *directory = runtime_directory_default();
	struct diagnostics *unseen;
	const struct node *node;
	struct tree *tree;
	char *found;

	if (source->runtime_dir != NULL)
		return strdup(source->runtime_dir);
	if ((unseen = diagnostics_new(source->name)) == NULL)
		return NULL;
	if ((tree = tree_load(source->file, unseen)) != NULL) {
		node = node_get(node_get(tree_root(tree), "exacheck"), "runtime_dir");
		if (node != NULL && node->type == NODE_SCALAR)
			directory = node->text;
	}
	found = strdup(directory);
	tree_free(tree);
	diagnostics_free(unseen);
	return found;
}

static struct config *
text_parse(const char *name, const char *text, size_t length)
{
	struct diagnostics *unseen = diagnostics_new(name);
	size_t heading = strlen(name) + 3;
	struct config *config = NULL;

	if (unseen != NULL && length > heading && strncmp(text, "# ", 2) == 0 && text[heading - 1] == '\n' &&
	    strncmp(text + 2, name, heading - 3) == 0)
		config = config_parse(name, text, length, unseen);
	diagnostics_free(unseen);
	return config;
}

struct config *
config_kept_load(const struct config_source *source)
{
	char *directory = directory_find(source), *path = directory == NULL ? NULL : runtime_path(directory, NAME), *text;
	struct config *config = NULL;
	size_t length;

	/* whoever has the lock runs it */
	if (path != NULL && lock_holder(directory) <= 0 && (text = journal_file_read(path, &length)) != NULL) {
		config = text_parse(source->name, text, length);
		free(text);
	}
	if (config != NULL)
		log_errorx("%s cannot be used, and ExaBGP may have routes of what ran before: that goes on, as kept in %s, until "
		    "the configuration is right and reloaded", source->name, path);
	free(directory);
	free(path);
	return config;
}
