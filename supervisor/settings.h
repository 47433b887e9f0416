/*
 * The settings of exacheck itself: which of them can be met here, and at a reload, which can change while it runs.
 */
#ifndef EXACHECK_SETTINGS_H
#define EXACHECK_SETTINGS_H

#include <stdbool.h>

#include "config.h"

struct channel;
struct identity;

/*
 * Whether this machine has what the settings ask of it: users and groups, which go into identity, and what strict
 * demands of the kernel. False after logging what it has not.
 */
bool settings_possible(const struct global_options *, struct identity *);

bool settings_same(const struct config *, const struct config *);

/* Log which keys of the document beside checks and groups differ, if any do. */
void settings_tell(const struct config *old, const struct config *new);

/* Whether workers are to have another identity or another level of their sandbox. */
bool settings_concern_workers(const struct global_options *old, const struct global_options *new);

/*
 * Apply what can change in place; what cannot is told in a warning, and the new settings get the old value. config:
 * that of the new settings.
 */
void settings_change(struct global_options *old, struct global_options *new, struct channel *, const struct config *);

#endif
