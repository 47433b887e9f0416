/* Arguments of the http method. */
#ifndef EXACHECK_METHOD_HTTP_H
#define EXACHECK_METHOD_HTTP_H

#include "method.h"

enum http_request_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_HEAD, HTTP_OPTIONS };

struct http_args {
	struct remote_args remote; /* host NULL: the URL's */
	char *url;
	char *response; /* pattern or NULL */
	struct string_list expected_status; /* "200" or "200-299"; empty: any 2xx if require_status */
	bool require_status;
	int64_t http_timeout_ns;
	char *user_agent; /* NULL: exacheck/VERSION */
	struct string_map headers;
	bool verify_ssl;
	int request_method; /* enum http_request_method */
	struct string_map data; /* form fields */
	char *body; /* or NULL */
	bool http2;
	int64_t min_cert_days; /* OPTION_UNSET: not looked at */
	char *ca_file;
	char *client_cert;
	char *client_key;
	bool follow_redirects;
};

extern const struct check_method method_http;

#endif
