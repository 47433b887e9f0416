/*
 * The HTTP side of exacheck-web: what is asked for is looked up in a table of paths and answered from the model, in one go.
 */
#ifndef EXACHECK_WEB_HTTP_H
#define EXACHECK_WEB_HTTP_H

#include <stddef.h>

#include "body.h"
#include "model.h"

struct event_base;
struct evhttp_request;
struct http;

/* Answers a GET or HEAD, by one of http_reply*; the query is the request's. */
typedef void http_handler(const struct model *, struct evhttp_request *);

struct http_route {
	const char *path;
	http_handler *handle;
};

/* Everything that is served (routes.c); ends with a NULL path. */
extern const struct http_route http_routes[];

/*
 * Serve what comes to a listening descriptor, which is the result's from now on, from the routes; routes and model
 * outlive it. NULL: out of memory; the descriptor is the caller's still.
 */
struct http *http_new(struct event_base *, int listening, const struct http_route *, const struct model *);
/* Ends every connection. */
void http_free(struct http *);

/*
 * Answers: status (RFC 9110), the type of the content, and the content: a body, which keeps its other references, and NULL
 * means out of memory; bytes that are never freed; or a line for people.
 */
void http_reply(struct evhttp_request *, int status, const char *type, struct body *);
void http_reply_static(struct evhttp_request *, const char *type, const void *data, size_t length);
void http_reply_line(struct evhttp_request *, int status, const char *line);

/* A field of the request's header; NULL: there is none. */
const char *http_header(struct evhttp_request *, const char *name);

#endif
