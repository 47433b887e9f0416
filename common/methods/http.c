/* The http method's options. Pure: the files named here are the worker's to read. */
#include "http.h"

#include <string.h>

#include "../option_error.h"
#include "../url.h"

#define AT(MEMBER) .offset = offsetof(struct http_args, MEMBER)

static const char *const request_methods[] = {
	[HTTP_GET] = "GET",
	[HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",
	[HTTP_DELETE] = "DELETE",
	[HTTP_HEAD] = "HEAD",
	[HTTP_OPTIONS] = "OPTIONS",
	NULL,
};

static const struct option http_options[] = {
	REMOTE_OPTIONS(struct http_args, remote, 0),
	{.name = "url", .type = OPTION_URL, .flags = OPTION_REQUIRED, AT(url), .help = "http or https URL to fetch"},
	{.name = "response", .type = OPTION_PATTERN, AT(response),
	    .help = "pattern that must be found in the first 1 MiB of the body"},
	{.name = "expected_status", .type = OPTION_STATUS, .flags = OPTION_LIST, AT(expected_status),
	    .help = "statuses that pass, such as 200 or 200-299; takes the place of require_status"},
	{.name = "require_status", .type = OPTION_BOOL, AT(require_status), .fallback = "true",
	    .help = "true: the status must be 2xx; false: any"},
	{.name = "http_timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, AT(http_timeout_ns), .min = 0,
	    .max = 86400, .fallback = "5", .unit = "seconds", .help = "bounds one server's answer; at most timeout"},
	{.name = "user_agent", .type = OPTION_HEADER_VALUE, AT(user_agent), .fallback = "exacheck/" EXACHECK_VERSION,
	    .help = "User-Agent header"},
	{.name = "headers", .type = OPTION_HEADER_VALUE, .flags = OPTION_MAP, AT(headers), .help = "request headers"},
	{.name = "verify_ssl", .type = OPTION_BOOL, AT(verify_ssl), .fallback = "false",
	    .help = "true: the certificate's chain and name must be right"},
	{.name = "request_method", .type = OPTION_CHOICE, AT(request_method), .choices = request_methods,
	    .fallback = "GET", .help = "HTTP method"},
	{.name = "data", .type = OPTION_STRING, .flags = OPTION_MAP, AT(data),
	    .help = "form fields to send; POST and PUT"},
	{.name = "body", .type = OPTION_STRING, AT(body), .help = "body to send as it is; POST and PUT"},
	{.name = "http2", .type = OPTION_BOOL, AT(http2), .fallback = "false", .help = "true: offer HTTP/2 by ALPN"},
	TLS_OPTIONS(struct http_args),
	{.name = "follow_redirects", .type = OPTION_BOOL, AT(follow_redirects), .fallback = "false",
	    .help = "true: fetch what a redirect points to"},
	OPTION_END,
};

/* A field name's characters (RFC 9110, 5.6.2). */
static bool
is_token(const char *text)
{
	static const char token_characters[] =
	    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	return *text != '\0' && text[strspn(text, token_characters)] == '\0';
}

static void
http_derive(void *data, uint64_t given)
{
	struct http_args *args = data;

	derive_timeout(http_options, given, "http_timeout", &args->http_timeout_ns, args->remote.common.timeout_ns);
	/* Both true and expected_status would not be accepted when the effective configuration is read back. */
	if (args->expected_status.count > 0 && (given >> option_index(http_options, "require_status") & 1) == 0)
		args->require_status = false;
}

static void
check_request(struct cross_check *check, const struct http_args *args)
{
	bool has_body = args->request_method == HTTP_POST || args->request_method == HTTP_PUT;
	char quoted[OPTION_QUOTE_SIZE];

	if (args->data.count > 0 && !has_body)
		check->error(
		    check, "data", "needs request_method POST or PUT, got %s", request_methods[args->request_method]);
	if (args->body != NULL && !has_body)
		check->error(
		    check, "body", "needs request_method POST or PUT, got %s", request_methods[args->request_method]);
	if (args->body != NULL && args->data.count > 0)
		check->error(check, "body", "excludes data: a request has one body, leave one of them out");
	if (args->response != NULL && args->request_method == HTTP_HEAD)
		check->warning(check, "response", "finds nothing in the answer to HEAD, which has no body: use GET");
	for (size_t i = 0; i < args->headers.count; i++)
		if (!is_token(args->headers.keys[i]))
			check->error(check, "headers", "must have header names of letters, digits and hyphens, got %s",
			    option_quote(args->headers.keys[i], quoted));
}

/* What is of TLS, where none will ever be; a redirect may lead to it. */
static void
warn_plain(struct cross_check *check, const struct http_args *args, const struct url *url)
{
	static const char *const tls_only[] = {"verify_ssl", "client_cert", "client_key", "http2"};
	const bool asked[] = {args->verify_ssl, args->client_cert != NULL, args->client_key != NULL, args->http2};

	for (size_t i = 0; !url->tls && !args->follow_redirects && i < sizeof(asked) / sizeof(asked[0]); i++)
		if (asked[i])
			check->warning(check, tls_only[i], "has no effect with an http url: use https or leave it out");
}

static void
check_tls(struct cross_check *check, const struct http_args *args, const struct url *url)
{
	cross_check_files(check, args->verify_ssl, args->ca_file, args->client_cert, args->client_key);
	if (args->min_cert_days != OPTION_UNSET && !url->tls && !args->follow_redirects)
		check->error(check, "min_cert_days", "needs a certificate: use an https url or leave it out");
	warn_plain(check, args, url);
}

static void
http_cross_check(struct cross_check *check)
{
	const struct http_args *args = check->args;
	char reason[OPTION_ERROR_SIZE];
	struct url url;

	if (args->url == NULL || !url_parse(args->url, &url, reason))
		return; /* reported by the option itself */
	remote_cross_check_host(check, args->remote.host != NULL ? args->remote.host : url.host);
	cross_check_timeout(check, "http_timeout", args->http_timeout_ns, args->remote.common.timeout_ns);
	if (cross_given(check, "require_status") && args->require_status && args->expected_status.count > 0)
		check->error(check, "require_status", "must be left out or false: expected_status takes its place");
	check_request(check, args);
	check_tls(check, args, &url);
}

static void
http_confine(struct sandbox_profile *profile, const void *data)
{
	const struct http_args *args = data;
	char error[OPTION_ERROR_SIZE];
	struct url url;

	if (url_parse(args->url, &url, error)) { /* as it was when the arguments were checked */
		sandbox_need_port(profile, url.port != 0 ? url.port : url.tls ? 443 : 80);
		if (args->remote.host == NULL)
			sandbox_need_host(profile, url.host);
	}
	if (args->follow_redirects) { /* to other hosts, whose names libcurl resolves in a thread */
		profile->needs |= NEED_RESOLVER | NEED_LOOK | NEED_THREADS;
		profile->any_port = true;
	}
}

const struct check_method method_http = {
	.name = "http",
	.options = http_options,
	.args_size = sizeof(struct http_args),
	.remote = true,
	.derive = http_derive,
	.cross_check = http_cross_check,
	.needs = NEED_TCP | NEED_HTTP,
	.may_need = NEED_LOOK | NEED_RESOLVER | NEED_THREADS,
	.confine = http_confine,
};
