/*
 * Everything that is served.
 */
#include <stddef.h>

#include "api.h"
#include "http.h"
#include "metrics_http.h"
#include "page.h"

const struct http_route http_routes[] = {
	{"/healthz", api_health},
	{"/api/v1/status", api_status},
	{"/metrics", metrics_serve},
	/* every one of page_files */
	{"/", page_serve},
	{"/style.css", page_serve},
	{"/favicon.svg", page_serve},
	{"/favicon-down.svg", page_serve},
	{"/favicon.ico", page_serve},
	{"/page.js", page_serve},
	{"/details.js", page_serve},
	{"/dom.js", page_serve},
	{"/model.js", page_serve},
	{"/place.js", page_serve},
	{"/row.js", page_serve},
	{"/status.js", page_serve},
	{"/strip.js", page_serve},
	{"/table.js", page_serve},
	{"/text.js", page_serve},
	{NULL, NULL},
};
