/*
 * evhttp and what is said in every answer. Touches the sockets of clients. Invariant: a connection has one request, gets
 * one answer and is closed.
 */
#include "http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

#define HEADERS_MAX 8192
/* Of what a client sends, while it has its answer to read: then it is not read either. */
#define UNREAD_MAX ((size_t)2 * HEADERS_MAX)
/* With it and one that is known not to be for us the answer is 405; what evhttp itself does not know gets 501 */
#define METHODS_KNOWN \
	(EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | \
	EVHTTP_REQ_PATCH)

struct http {
	struct evhttp *server;
	struct limits *limits;
	const struct http_route *routes;
	const struct model *model;
};

static const struct {
	const char *name, *value;
} headers[] = {
	{"Connection", "close"},
	{"Cache-Control", "no-store"},
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"},
	{"Referrer-Policy", "no-referrer"},
	{"X-Content-Type-Options", "nosniff"},
};

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{503, "Service Unavailable"},
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

/* The content is taken from the buffer, which is freed; NULL: out of memory. */
static void
reply_send(struct evhttp_request *request, int status, const char *type, struct evbuffer *content)
{
	struct evkeyvalq *output = evhttp_request_get_output_headers(request);
	bool whole = content != NULL && evhttp_add_header(output, "Content-Type", type) == 0;
	char length[32];

	for (size_t i = 0; whole && i < sizeof(headers) / sizeof(headers[0]); i++)
		whole = evhttp_add_header(output, headers[i].name, headers[i].value) == 0;
	if (whole) {
		/* of HEAD too, for which evhttp sends no content */
		snprintf(length, sizeof(length), "%zu", evbuffer_get_length(content));
		whole = evhttp_add_header(output, "Content-Length", length) == 0;
	}
	if (whole && evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
		evbuffer_drain(content, evbuffer_get_length(content));
	if (whole)
		evhttp_send_reply(request, status, reason_of(status), content);
	else
		evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
	if (content != NULL)
		evbuffer_free(content);
}

static void
body_sent(const void *data, size_t length, void *context)
{
	(void)data;
	(void)length;
	body_drop(context);
}

void
http_reply(struct evhttp_request *request, int status, const char *type, struct body *body)
{
	struct evbuffer *content = body != NULL ? evbuffer_new() : NULL;

	if (content != NULL && body_length(body) > 0 &&
	    evbuffer_add_reference(content, body_data(body), body_length(body), body_sent, body_keep(body)) == -1) {
		body_drop(body);
		evbuffer_free(content);
		content = NULL;
	}
	reply_send(request, status, type, content);
}

void
http_reply_static(struct evhttp_request *request, const char *type, const void *data, size_t length)
{
	struct evbuffer *content = evbuffer_new();

	if (content != NULL && evbuffer_add_reference(content, data, length, NULL, NULL) == -1) {
		evbuffer_free(content);
		content = NULL;
	}
	reply_send(request, 200, type, content);
}

void
http_reply_line(struct evhttp_request *request, int status, const char *line)
{
	struct evbuffer *content = evbuffer_new();

	if (content != NULL && evbuffer_add_printf(content, "%s\n", line) == -1) {
		evbuffer_free(content);
		content = NULL;
	}
	reply_send(request, status, "text/plain; charset=utf-8", content);
}

const char *
http_header(struct evhttp_request *request, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(request), name);
}

static const struct http_route *
route_find(const struct http_route *route, const char *path)
{
	while (route->path != NULL && strcmp(route->path, path) != 0)
		route++;
	return route->path != NULL ? route : NULL;
}

static void
request_seen(struct evhttp_request *request, void *context)
{
	const struct http *http = context;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	const struct http_route *route = path != NULL ? route_find(http->routes, path) : NULL;
	enum evhttp_cmd_type command = evhttp_request_get_command(request);
	struct bufferevent *stream = evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));

	limits_asked(http->limits, bufferevent_getfd(stream));
	if (command != EVHTTP_REQ_GET && command != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET, HEAD");
		http_reply_line(request, 405, "nothing can be changed here: GET and HEAD only");
	} else if (route == NULL)
		http_reply_line(request, 404, "there is no such page");
	else
		route->handle(http->model, request);
}

/* For somebody who has come. NULL: evhttp makes one itself. */
static struct bufferevent *
stream_make(struct event_base *base, void *context)
{
	const struct http *http = context;
	struct bufferevent *stream = bufferevent_socket_new(base, -1, 0);

	if (stream != NULL)
		bufferevent_setwatermark(stream, EV_READ, 0, UNREAD_MAX);
	limits_came(http->limits);
	return stream;
}

struct http *
http_new(struct event_base *base, int listening, const struct http_route *routes, const struct model *model)
{
	struct http *http = calloc(1, sizeof(*http));
	struct evconnlistener *listener;

	if (http == NULL)
		return NULL;
	http->routes = routes;
	http->model = model;
	listener = evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC, 0, listening);
	http->server = evhttp_new(base);
	http->limits = listener != NULL ? limits_new(base, listener) : NULL;
	if (http->server == NULL || http->limits == NULL || evhttp_bind_listener(http->server, listener) == NULL) {
		if (listener != NULL)
			evconnlistener_free(listener);
		http_free(http);
		return NULL;
	}
	evhttp_set_allowed_methods(http->server, METHODS_KNOWN);
	evhttp_set_max_headers_size(http->server, HEADERS_MAX);
	evhttp_set_max_body_size(http->server, 0);
	evhttp_set_timeout(http->server, LIMITS_WHOLE_S);
	evhttp_set_bevcb(http->server, stream_make, http);
	evhttp_set_gencb(http->server, request_seen, http);
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	limits_free(http->limits);
	if (http->server != NULL)
		evhttp_free(http->server);
	free(http);
}
