/*
 * What exacheck-web is to do: the first line that it is told.
 */
#ifndef EXACHECK_WEB_SETUP_H
#define EXACHECK_WEB_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../../common/sandbox.h"

struct setup {
	char *listen;	  /* ADDRESS:PORT; NULL: nothing is served */
	char *textfile;	  /* path; NULL: none */
	char *status_dir; /* path; NULL: none */
	bool drop;	  /* change to uid and gid */
	uid_t uid;
	gid_t gid;
	enum sandbox_level sandbox;
};

/* Read the line; strings are the result's. False: it is not one, or out of memory. */
bool setup_read(struct setup *, const char *line, size_t length);
void setup_free(struct setup *);

#endif
