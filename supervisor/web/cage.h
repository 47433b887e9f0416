/*
 * What exacheck-web may still do once it serves: with its clients, and in its directories. Common/sandbox.h has the words.
 */
#ifndef EXACHECK_WEB_CAGE_H
#define EXACHECK_WEB_CAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "setup.h"

#define CAGE_DIRECTORIES_MAX 4

struct cage {
	const struct setup *setup;
	int directories[CAGE_DIRECTORIES_MAX]; /* below which files are written */
	size_t count;
};

/*
 * Enter, for good. What was applied goes to report (size bytes), for people; false: why it cannot be. What the kernel lacks
 * is only reported, unless the setup says strict.
 */
bool cage_enter(const struct cage *, char *report, size_t size);

#endif
