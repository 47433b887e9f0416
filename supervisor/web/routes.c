/*
 * Everything that is served.
 */
#include <stddef.h>

#include "api.h"
#include "http.h"

const struct http_route http_routes[] = {
	{"/healthz", api_health},
	{"/api/v1/status", api_status},
	{NULL, NULL},
};
