/*
 * What exacheck-web is to do: the first line that it is told.
 */
#ifndef EXACHECK_WEB_SETUP_H
#define EXACHECK_WEB_SETUP_H

#include <jansson.h>
#include <stdbool.h>

#include "../helpers/cage.h"

struct setup {
	struct cage_identity identity;
	char *listen;	  /* ADDRESS:PORT; NULL: nothing is served */
	char *textfile;	  /* path; NULL: none */
	char *status_dir; /* path; NULL: none */
};

/* Read it; strings are the result's. False: it is not one, or out of memory. */
bool setup_read(struct setup *, const json_t *line);
void setup_free(struct setup *);

#endif
