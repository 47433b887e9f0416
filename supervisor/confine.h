/*
 * The supervisor's own confinement: what it needs no more once everything is started it gives up for good. It still
 * writes files and its descriptors, and may execute its own program or what replaces it, but makes no process, opens
 * no network socket and touches no kernel interface that is none of its business.
 */
#ifndef EXACHECK_CONFINE_H
#define EXACHECK_CONFINE_H

#include <stdbool.h>

#include "../common/sandbox.h"

/*
 * Confine this process, which has one thread; what is to be looked up by a name service must have been. Says in
 * one log line what was applied. Level off: does nothing. Returns false after an error in the log when the level
 * is strict and a mechanism could not be applied; best effort goes on with a warning.
 */
bool supervisor_confine(enum sandbox_level);

/*
 * Whether this kernel has what the level demands of it, so that supervisor_confine is worth an attempt. False after an
 * error in the log.
 */
bool supervisor_confinable(enum sandbox_level);

#endif
