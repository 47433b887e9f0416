/*
 * The configuration that runs, kept as "configuration" in the runtime directory for as long as ExaBGP may have routes of
 * it. Who is started again after a crash and finds that the configuration is wrong by now goes on with this one: as a
 * reload of a wrong one changes nothing, and nothing stays announced that nobody checks.
 */
#ifndef EXACHECK_CONFIG_KEPT_H
#define EXACHECK_CONFIG_KEPT_H

#include <stdbool.h>

struct config;
struct config_source;

struct config_kept {
	char *path, *new_path, *journal; /* of the latter only whether it is there is of interest */
	bool ours; /* the runtime directory, as far as is known */
	bool unsaved; /* the file is not what runs: told */
};

/* ours: this process has the lock of the directory; without it nothing is kept. False: out of memory. */
bool config_kept_init(struct config_kept *, const char *directory, bool ours);

/* This one runs now. What goes wrong is told; nothing depends on it but a start after a crash. */
void config_kept_write(struct config_kept *, const struct config *);

/* From time to time: it is written again if it could not be, or is not there any more. */
void config_kept_attend(struct config_kept *, const struct config *);

/* The end, after the journal's: the file goes unless there is still a journal. A zeroed one is allowed. */
void config_kept_end(struct config_kept *);

/* Whether there is one in this runtime directory, of whatever source. */
bool config_kept_exists(const char *directory);

/*
 * What a predecessor with the same source ran, and left routes of; says so in the log. NULL: there is nothing to go on
 * with.
 */
struct config *config_kept_load(const struct config_source *);

#endif
