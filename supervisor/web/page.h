/*
 * The status page: its files, built into the program. Pure.
 */
#ifndef EXACHECK_WEB_PAGE_H
#define EXACHECK_WEB_PAGE_H

#include <stddef.h>

struct page_file {
	const char *path; /* that it is served at */
	const char *type; /* of its content, for Content-Type */
	const char *data, *end;
};

/* All of them; ends with a NULL path. */
extern const struct page_file page_files[];

/* NULL: no file is served at this path. */
const struct page_file *page_find(const char *path);

#endif
