/*
 * The status page: its files, built into the program, and how they are served.
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

/* NULL: no file is at this path. */
const struct page_file *page_find(const char *path);

/* Answer for any of them, by its path (http.h). */
struct evhttp_request;
struct model;
void page_serve(const struct model *, struct evhttp_request *);

#endif
