/*
 * One HTTP request with libcurl. Touches the network only through sockets that probe_socket opened.
 * Whatever the server sends, a request holds at most HTTP_BODY_MAX bytes of it and ends by its limit; no text
 * made here holds a URL, since a URL may hold a password.
 */
#include "http_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probe.h"

#define STATUS_MIN 100 /* RFC 9110, 15: what is outside is not valid */
#define STATUS_MAX 599
#define BODY_STEP 16384

/* What libcurl's codes mean; errors with an errno of the connection's are told by that instead. */
static const struct {
	CURLcode code;
	enum result_code result;
	enum reason reason;
	const char *text;
} failures[] = {
	{CURLE_COULDNT_RESOLVE_HOST, RESULT_FAIL, REASON_RESOLVE, "the redirect's host name does not resolve"},
	{CURLE_COULDNT_CONNECT, RESULT_FAIL, REASON_UNREACHABLE, "no connection"},
	{CURLE_GOT_NOTHING, RESULT_FAIL, REASON_CLOSED, "connection closed without an answer"},
	{CURLE_PARTIAL_FILE, RESULT_FAIL, REASON_CLOSED, "connection closed before the end of the body"},
	{CURLE_SEND_ERROR, RESULT_FAIL, REASON_RESET, "connection lost while sending"},
	{CURLE_RECV_ERROR, RESULT_FAIL, REASON_RESET, "connection lost while receiving"},
	{CURLE_SSL_CONNECT_ERROR, RESULT_FAIL, REASON_TLS, NULL},
	{CURLE_SSL_CIPHER, RESULT_FAIL, REASON_TLS, NULL},
	{CURLE_SSL_INVALIDCERTSTATUS, RESULT_FAIL, REASON_CERTIFICATE, NULL},
	{CURLE_SSL_ISSUER_ERROR, RESULT_FAIL, REASON_CERTIFICATE, NULL},
	{CURLE_PEER_FAILED_VERIFICATION, RESULT_FAIL, REASON_CERTIFICATE, NULL},
	{CURLE_TOO_MANY_REDIRECTS, RESULT_FAIL, REASON_PROTOCOL, "too many redirects"},
	{CURLE_UNSUPPORTED_PROTOCOL, RESULT_FAIL, REASON_PROTOCOL, NULL},
	{CURLE_URL_MALFORMAT, RESULT_FAIL, REASON_PROTOCOL, "redirect to a malformed URL"},
	{CURLE_WEIRD_SERVER_REPLY, RESULT_FAIL, REASON_PROTOCOL, NULL},
	{CURLE_BAD_CONTENT_ENCODING, RESULT_FAIL, REASON_PROTOCOL, NULL},
	{CURLE_HTTP2, RESULT_FAIL, REASON_PROTOCOL, NULL},
	{CURLE_HTTP2_STREAM, RESULT_FAIL, REASON_PROTOCOL, NULL},
#if LIBCURL_VERSION_NUM >= 0x080600
	{CURLE_TOO_LARGE, RESULT_FAIL, REASON_PROTOCOL, "a header line is too long"},
#endif
	{CURLE_OUT_OF_MEMORY, RESULT_ERROR, REASON_LOCAL, "out of memory"},
};

static const char *
request_peer(const struct http_request *request, char name[static ADDRESS_TEXT_SIZE + 16])
{
	return probe_name(&request->address, request->setup->port, name);
}

static long
request_status(const struct http_request *request)
{
	long status = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/*
 * libcurl asks for a socket: give it one with the check's source, interface and mark. A CONNECT_TO cannot
 * carry the zone of a link-local address, so it is put back here.
 */
static curl_socket_t
on_socket(void *data, curlsocktype purpose, struct curl_sockaddr *target)
{
	struct http_request *request = data;
	struct sockaddr_in6 *target_in6 = (struct sockaddr_in6 *)(void *)&target->addr;
	struct address address;
	int fd;

	(void)purpose;
	if (!address_from_sockaddr(&target->addr, &address))
		return CURL_SOCKET_BAD;
	if (address.family == AF_INET6 && request->address.scope_id != 0 &&
	    memcmp(address.bytes, request->address.bytes, sizeof(address.bytes)) == 0) {
		address.scope_id = request->address.scope_id;
		target_in6->sin6_scope_id = address.scope_id;
	}
	fd = probe_socket(&request->setup->args->remote, &address, SOCK_STREAM, 0, &request->result);
	request->socket_failed = fd == -1;
	return fd == -1 ? CURL_SOCKET_BAD : fd;
}

/* One header line, the status line and the empty line at the end included. A short return ends the transfer. */
static size_t
on_header(char *line, size_t one, size_t length, void *data)
{
	struct http_request *request = data;

	(void)one;
	request->headers_length += length;
	if (request->headers_length > HTTP_HEADERS_MAX) {
		request->headers_exceeded = true;
		return 0;
	}
	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
		request->headers_complete = false;
	else if (line[0] == '\r' || line[0] == '\n')
		request->headers_complete = request_status(request) >= 200;
	return length;
}

static bool
body_reserve(struct http_request *request, size_t length)
{
	size_t size = request->body_size == 0 ? BODY_STEP : request->body_size;
	char *body;

	while (size < length)
		size *= 2;
	if (size == request->body_size)
		return true;
	if ((body = realloc(request->body, size)) == NULL)
		return false;
	request->body = body;
	request->body_size = size;
	return true;
}

/* A piece of the body: kept when a pattern wants it. A short return ends the transfer. */
static size_t
on_body(char *piece, size_t one, size_t length, void *data)
{
	struct http_request *request = data;
	size_t room = HTTP_BODY_MAX - request->body_length, take = length < room ? length : room;

	(void)one;
	if (request->setup->pattern != NULL) {
		if (!body_reserve(request, request->body_length + take)) {
			request->out_of_memory = true;
			return 0;
		}
		memcpy(request->body + request->body_length, piece, take);
	}
	request->body_length += take;
	request->body_exceeded = request->body_length == HTTP_BODY_MAX;
	return request->body_exceeded ? 0 : length;
}

static CURLcode
on_tls(CURL *easy, void *context, void *data)
{
	struct http_request *request = data;

	(void)easy;
	return tls_material_attach(&request->setup->material, context, &request->peer) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* Where to connect: the address for the URL's host, whatever the port; a redirect's other hosts as named. */
static struct curl_slist *
request_pin(const struct http_request *request)
{
	const char *host = request->setup->args->follow_redirects ? request->setup->host : ""; /* "": every host */
	bool host_in6 = strchr(host, ':') != NULL, in6 = request->address.family == AF_INET6;
	struct address plain = request->address;
	char name[ADDRESS_TEXT_SIZE], *text;
	struct curl_slist *list;

	plain.scope_id = 0;
	if (asprintf(&text, "%s%s%s::%s%s%s:", host_in6 ? "[" : "", host, host_in6 ? "]" : "", in6 ? "[" : "",
	    address_format(&plain, name), in6 ? "]" : "") == -1)
		return NULL;
	list = curl_slist_append(NULL, text);
	free(text);
	return list;
}

#define SET(OPTION, VALUE)                                                                                            \
	do {                                                                                                          \
		CURLcode set = curl_easy_setopt(easy, (OPTION), (VALUE));                                              \
		if (set != CURLE_OK)                                                                                  \
			return set;                                                                                   \
	} while (0)

/* Where the request goes and what carries it; nothing of the environment, of files or of earlier requests. */
static CURLcode
set_connection(CURL *easy, struct http_request *request)
{
	const struct http_args *args = request->setup->args;
	int family = remote_family(&args->remote);
	long limit_ms = (long)((request->limit_ns + NS_PER_MILLISECOND - 1) / NS_PER_MILLISECOND);

	SET(CURLOPT_URL, args->url);
	SET(CURLOPT_CONNECT_TO, request->connect_to);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	SET(CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_TIMEOUT_MS, limit_ms > 0 ? limit_ms : 1);
	SET(CURLOPT_CONNECTTIMEOUT_MS, limit_ms > 0 ? limit_ms : 1);
	SET(CURLOPT_IPRESOLVE, (long)(family == AF_INET ? CURL_IPRESOLVE_V4 :
	    family == AF_INET6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_WHATEVER));
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, request);
	return CURLE_OK;
}

static CURLcode
set_tls(CURL *easy, struct http_request *request)
{
	long verify = request->setup->args->verify_ssl;

	SET(CURLOPT_SSL_VERIFYPEER, verify);
	SET(CURLOPT_SSL_VERIFYHOST, verify * 2);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_CAINFO, NULL);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, request);
	return CURLE_OK;
}

static CURLcode
set_request(CURL *easy, struct http_request *request)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_DELETE] = "DELETE",
		[HTTP_HEAD] = "HEAD",
		[HTTP_OPTIONS] = "OPTIONS",
	};
	const struct http_setup *setup = request->setup;
	const struct http_args *args = setup->args;

	if (setup->payload != NULL) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)setup->payload_length);
		SET(CURLOPT_POSTFIELDS, setup->payload);
	}
	/*
	 * A name only where libcurl would not choose the method by itself: a name sticks, so that a redirected POST
	 * would not turn into GET, and with HEAD libcurl would wait for a body.
	 */
	if (args->request_method == HTTP_HEAD)
		SET(CURLOPT_NOBODY, 1L);
	else if (args->request_method != (setup->payload == NULL ? HTTP_GET : HTTP_POST))
		SET(CURLOPT_CUSTOMREQUEST, names[args->request_method]);
	SET(CURLOPT_HTTPHEADER, setup->headers);
	SET(CURLOPT_USERAGENT, args->user_agent == NULL ? "exacheck/" EXACHECK_VERSION : args->user_agent);
	SET(CURLOPT_HTTP_VERSION, (long)(args->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	SET(CURLOPT_FOLLOWLOCATION, (long)args->follow_redirects);
	SET(CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS_MAX);
	return CURLE_OK;
}

static CURLcode
set_callbacks(CURL *easy, struct http_request *request)
{
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, request);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, request);
	SET(CURLOPT_ERRORBUFFER, request->detail);
	SET(CURLOPT_PRIVATE, request);
	return CURLE_OK;
}

static CURLcode
request_set(struct http_request *request)
{
	CURLcode (*const steps[])(CURL *, struct http_request *) = {set_connection, set_tls, set_request, set_callbacks};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && code == CURLE_OK; i++)
		code = steps[i](request->easy, request);
	return code;
}

bool
http_request_start(struct http_request *request, const struct http_setup *setup, const struct address *address,
    monotime_t deadline)
{
	int64_t left_ns = monotime_left(deadline, monotime_now());
	CURLcode code = CURLE_OUT_OF_MEMORY;

	request->setup = setup;
	request->address = *address;
	request->limit_ns = left_ns < setup->args->http_timeout_ns ? left_ns : setup->args->http_timeout_ns;
	request->peer.verify = setup->args->verify_ssl;
	if ((request->connect_to = request_pin(request)) != NULL && (request->easy = curl_easy_init()) != NULL)
		code = request_set(request);
	if (code == CURLE_OK)
		return true;
	result_error(&request->result, REASON_LOCAL, "cannot prepare the request: %s", curl_easy_strerror(code));
	request->done = true;
	return false;
}

/* How far a request came, for the text of a time-out. */
static const char *
request_phase(const struct http_request *request)
{
	curl_off_t connected_us = 0, secured_us = 0;

	curl_easy_getinfo(request->easy, CURLINFO_CONNECT_TIME_T, &connected_us);
	curl_easy_getinfo(request->easy, CURLINFO_APPCONNECT_TIME_T, &secured_us);
	if (connected_us == 0)
		return "no connection";
	if (request->setup->tls && secured_us == 0)
		return "TLS handshake not complete";
	return request->headers_complete ? "answer not complete" : "no answer";
}

static void
verdict_timeout(struct http_request *request)
{
	char name[ADDRESS_TEXT_SIZE + 16];
	int64_t limit_ms = (request->limit_ns + NS_PER_MILLISECOND / 2) / NS_PER_MILLISECOND;

	result_fail(&request->result, REASON_TIMEOUT, "HTTP request to %s: %s within %g s", request_peer(request, name),
	    request_phase(request), (double)limit_ms / 1000);
}

/* A failure of the connection that the kernel gave an errno for. Returns false when it was another kind. */
static bool
verdict_errno(struct http_request *request, CURLcode code)
{
	char name[ADDRESS_TEXT_SIZE + 16], text[RESULT_TEXT_SIZE];
	long error = 0;

	if (code != CURLE_COULDNT_CONNECT && code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR)
		return false;
	curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &error);
	if (error == 0)
		return false;
	snprintf(text, sizeof(text), "%s %s", code == CURLE_COULDNT_CONNECT ? "connect to" : "HTTP request to",
	    request_peer(request, name));
	result_errno(&request->result, (int)error, text);
	return true;
}

/* libcurl's words, or of OpenSSL's "error:NUMBER:LIBRARY::REASON" the reason. */
static const char *
failure_detail(const struct http_request *request, CURLcode code)
{
	const char *reason = strstr(request->detail, "SSL routines:");

	if (reason != NULL)
		return strrchr(reason, ':') + 1;
	if (strstr(request->detail, "SSL_ERROR_SYSCALL") != NULL)
		return "connection closed during the TLS handshake";
	return request->detail[0] == '\0' ? curl_easy_strerror(code) : request->detail;
}

static void
verdict_failure(struct http_request *request, CURLcode code)
{
	char name[ADDRESS_TEXT_SIZE + 16];
	const char *detail = failure_detail(request, code);

	request_peer(request, name);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code != code)
			continue;
		if (failures[i].result == RESULT_FAIL)
			result_fail(&request->result, failures[i].reason, "HTTP request to %s: %s", name,
			    failures[i].text == NULL ? detail : failures[i].text);
		else
			result_error(&request->result, failures[i].reason, "HTTP request to %s: %s", name,
			    failures[i].text == NULL ? detail : failures[i].text);
		return;
	}
	result_error(&request->result, REASON_LOCAL, "HTTP request to %s: %s", name, curl_easy_strerror(code));
}

/* What libcurl means where it uses one code for several things. */
static CURLcode
failure_code(const struct http_request *request, CURLcode code)
{
	curl_off_t first_byte_us = 0;

	curl_easy_getinfo(request->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte_us);
	if (code == CURLE_RECV_ERROR && strstr(request->detail, "SSL routines") != NULL)
		return CURLE_SSL_CONNECT_ERROR; /* an alert after the handshake, as TLS 1.3 has them */
	if (code == CURLE_RECV_ERROR && strstr(request->detail, "chunked-encoding") != NULL)
		return CURLE_WEIRD_SERVER_REPLY;
	if (code == CURLE_OUT_OF_MEMORY && first_byte_us > 0 && !request->headers_complete)
		return CURLE_WEIRD_SERVER_REPLY; /* a header line above 100 kB, before there was CURLE_TOO_LARGE */
	return code;
}

/* libcurl ended the transfer with an error that is not one of ours. */
static void
verdict_error(struct http_request *request, CURLcode code)
{
	char name[ADDRESS_TEXT_SIZE + 16];

	code = failure_code(request, code);
	if (request->socket_failed)
		return;
	if (request->peer.error != X509_V_OK)
		tls_peer_refuse(&request->peer, request_peer(request, name), &request->result);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		verdict_timeout(request);
	else if (!verdict_errno(request, code))
		verdict_failure(request, code);
}

static bool
status_passes(const struct http_setup *setup, long status)
{
	for (size_t i = 0; i < setup->status_count; i++)
		if (status >= setup->statuses[i].first && status <= setup->statuses[i].last)
			return true;
	return setup->status_count == 0;
}

/* A whole answer, or as much of it as we look at. */
static void
verdict_answer(struct http_request *request)
{
	const struct http_setup *setup = request->setup;
	char name[ADDRESS_TEXT_SIZE + 16];
	long status = request_status(request);
	enum pattern_match match = PATTERN_MATCH;

	request_peer(request, name);
	if (status < STATUS_MIN || status > STATUS_MAX) {
		/* some versions of libcurl take any three digits */
		result_fail(&request->result, REASON_PROTOCOL, "HTTP %ld from %s is no status", status, name);
		return;
	}
	if (!status_passes(setup, status)) {
		result_fail(&request->result, REASON_STATUS, "HTTP %ld from %s", status, name);
		return;
	}
	if (!tls_peer_lasts(&request->peer, setup->args->min_cert_days, name, &request->result))
		return;
	if (setup->pattern != NULL)
		match = pattern_match(setup->pattern, request->body == NULL ? "" : request->body, request->body_length, false);
	if (match == PATTERN_MATCH)
		result_pass(&request->result, "HTTP %ld from %s", status, name);
	else if (match == PATTERN_NO_MATCH)
		result_fail(&request->result, REASON_PATTERN, "HTTP %ld from %s: response does not match in %zu bytes%s",
		    status, name, request->body_length, request->body_exceeded ? " (the rest is not looked at)" : "");
	else
		result_error(&request->result, REASON_PATTERN_LIMIT, "response pattern takes too long on the body from %s",
		    name);
}

void
http_request_finish(struct http_request *request, CURLcode code)
{
	char name[ADDRESS_TEXT_SIZE + 16];

	request->done = true;
	if (request->out_of_memory)
		result_error(&request->result, REASON_LOCAL, "out of memory");
	else if (request->headers_exceeded)
		result_fail(&request->result, REASON_PROTOCOL, "headers from %s exceed %d bytes",
		    request_peer(request, name), HTTP_HEADERS_MAX);
	else if (code != CURLE_OK && !request->body_exceeded)
		verdict_error(request, code);
	else if (!request->headers_complete)
		/* libcurl takes a connection that ends within the headers for a complete answer */
		result_fail(&request->result, REASON_CLOSED, "connection closed by %s within the headers",
		    request_peer(request, name));
	else
		verdict_answer(request);
}

void
http_request_free(struct http_request *request)
{
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->connect_to);
	free(request->body);
	request->easy = NULL;
	request->connect_to = NULL;
	request->body = NULL;
}
