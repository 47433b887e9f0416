/*
 * What is written for those who read files: each kind of it is prepared while this process still may open what it likes,
 * and follows the model afterwards, in what the sandbox leaves it.
 */
#ifndef EXACHECK_WEB_OUTPUT_H
#define EXACHECK_WEB_OUTPUT_H

#include <stdbool.h>

#include "model.h"
#include "setup.h"

struct event_base;

struct output {
	/*
	 * Before identity is dropped and the sandbox entered: make and open the directory. Returns its descriptor (O_DIRECTORY;
	 * O_PATH will do), below which files may be made, renamed and removed later on, -1: this is not configured, or cannot be
	 * done, which is reported.
	 */
	int (*open)(const struct setup *);
	/* In the sandbox, if there is a directory. False: out of memory. */
	bool (*begin)(struct event_base *, const struct model *);
	/* There is news in the model: called for whatever was read in one go. */
	void (*news)(const struct model *);
	/* The end; of the supervisor, too. */
	void (*end)(const struct model *);
};

extern const struct output *const outputs[]; /* outputs.c; ends with NULL */

#endif
