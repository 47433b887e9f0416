/*
 * Keeping the configuration. Touches its file in the runtime directory. Invariant: what another exacheck runs, or has run
 * with another source, is not taken for ours.
 *
 * The file is the configuration as `exacheck test --print` has it, below a line with the name of its source. It may hold
 * secrets, as the configuration's own file does: it is nobody else's to read.
 */
#include "config_kept.h"

#include <errno.h>
#include <limits.h>
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

/* Whether this is what is there; keeps errno. */
static bool
text_there(const char *path, const char *text, size_t length)
{
	int error = errno;
	size_t there_length;
	char *there = journal_file_read(path, &there_length);
	bool same = there != NULL && there_length == length && memcmp(there, text, length) == 0;

	free(there);
	errno = error;
	return same;
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
	saved = text != NULL &&
	    (file_replace(kept->path, kept->new_path, text, length) || text_there(kept->path, text, length));
	if (!saved && !kept->unsaved)
		log_warn("%s cannot be written: a start after a crash needs a configuration that is right", kept->path);
	if (saved && kept->unsaved)
		log_info("%s is written again", kept->path);
	/* what does not run any more must not run again */
	if (!saved && !kept->unsaved && unlink(kept->path) == -1 && errno != ENOENT && truncate(kept->path, 0) == -1)
		log_warn("%s is not what runs any more, and cannot be removed", kept->path);
	kept->unsaved = !saved;
	free(text);
}

void
config_kept_attend(struct config_kept *kept, const struct config *config)
{
	if (kept->ours && (kept->unsaved || (access(kept->path, F_OK) == -1 && errno == ENOENT)))
		config_kept_write(kept, config);
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

/* What was kept in this directory, NULL: nothing of this source. */
static struct config *
directory_load(const struct config_source *source, const char *directory)
{
	char *path = runtime_path(directory, NAME), *text = NULL;
	struct config *config = NULL;
	size_t length;

	/* whoever has the lock runs it */
	if (path != NULL && lock_holder(directory) <= 0 && (text = journal_file_read(path, &length)) != NULL)
		config = text_parse(source->name, text, length);
	if (config != NULL)
		log_errorx("%s cannot be used, and ExaBGP may have routes of what ran before: that goes on, as kept in %s, until "
		    "the configuration is right and reloaded", source->name, path);
	free(text);
	free(path);
	return config;
}

/* What was kept where a document, which is wrong, says that its runtime directory is. NULL: nothing, or it does not. */
static struct config *
tree_look(const struct config_source *source, const struct tree *tree)
{
	const struct node *node = node_get(node_get(tree_root(tree), "exacheck"), "runtime_dir");

	return node != NULL && node->type == NODE_SCALAR ? directory_load(source, node->text) : NULL;
}

/*
 * The same of a text that is no document any more: the paths that follow the key, wherever this stands. A wrong guess does
 * no harm, as what is found there has to name its source.
 */
static struct config *
text_look(const struct config_source *source, const char *text, size_t length)
{
	static const char key[] = "runtime_dir", before[] = "\"': \t", after[] = "\"',}# \t\r\n";
	const char *at = text, *end = text + length, *begin;
	struct config *config = NULL;
	char path[PATH_MAX];

	while (config == NULL && (at = memmem(at, (size_t)(end - at), key, strlen(key))) != NULL) {
		for (begin = at + strlen(key); begin < end && strchr(before, *begin) != NULL;)
			begin++;
		for (at = begin; at < end && strchr(after, *at) == NULL;)
			at++;
		if (begin < end && *begin == '/' && at - begin < PATH_MAX) {
			snprintf(path, sizeof(path), "%.*s", (int)(at - begin), begin);
			config = directory_load(source, path);
		}
	}
	return config;
}

static struct config *
source_look(const struct config_source *source)
{
	struct diagnostics *unseen = diagnostics_new(source->name);
	struct config *config = NULL;
	struct tree *tree = NULL;
	size_t length;
	char *text = unseen != NULL ? tree_text(source->file, &length, unseen) : NULL;

	if (text != NULL && (tree = tree_parse(source->file, text, length, unseen)) != NULL)
		config = tree_look(source, tree);
	else if (text != NULL)
		config = text_look(source, text, length);
	tree_free(tree);
	free(text);
	diagnostics_free(unseen);
	return config;
}

/* The same of the directories that a service manager made for this service, see systemd.exec(5). */
static struct config *
service_look(const struct config_source *source)
{
	const char *list = getenv("RUNTIME_DIRECTORY");
	struct config *config = NULL;
	char path[PATH_MAX];

	while (config == NULL && list != NULL && *list != '\0') {
		int length = (int)strcspn(list, ":");

		if (*list == '/' && snprintf(path, sizeof(path), "%.*s", length, list) < (int)sizeof(path))
			config = directory_load(source, path);
		list += length + (list[length] == ':');
	}
	return config;
}

struct config *
config_kept_load(const struct config_source *source)
{
	struct config *config;

	if (source->runtime_dir != NULL)
		return directory_load(source, source->runtime_dir);
	if ((config = source_look(source)) == NULL && (config = service_look(source)) == NULL)
		config = directory_load(source, runtime_directory_default());
	return config;
}
