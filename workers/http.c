/*
 * The http method: makes a check's setup once, then at every execution one request per address, all in
 * parallel in one libcurl multi handle. The setup is never written after prepare; nothing of one execution
 * (connection, session, cookie, name) is kept for the next.
 */
#include <curl/curl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../common/url.h"
#include "http_request.h"
#include "idle.h"
#include "method.h"
#include "probe.h"
#include "resolve.h"
#include "tls_preload.h"

static struct http_setup setup; /* of this worker's one check */

static const struct status_range status_success[] = {{200, 299}};

static void
library_open(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void
http_preload(void)
{
	unsetenv("SSLKEYLOGFILE"); /* libcurl would write the session keys to it */
	tls_preload(library_open);
}

static bool
no_memory(char *error)
{
	snprintf(error, OPTION_ERROR_SIZE, "out of memory");
	return false;
}

static bool
prepare_url(char *error)
{
	struct url url;

	if (!url_parse(setup.args->url, &url, error))
		return false;
	setup.tls = url.tls;
	setup.port = (uint16_t)(url.port != 0 ? url.port : url.tls ? 443 : 80);
	return (setup.host = strdup(url.host)) != NULL || no_memory(error);
}

static bool
header_add(char *line)
{
	struct curl_slist *list = line == NULL ? NULL : curl_slist_append(setup.headers, line);

	free(line);
	if (list != NULL)
		setup.headers = list;
	return list != NULL;
}

static bool
header_given(const char *name)
{
	for (size_t i = 0; i < setup.args->headers.count; i++)
		if (strcasecmp(setup.args->headers.keys[i], name) == 0)
			return true;
	return false;
}

/* The user's headers, and what keeps libcurl's habits out where the user says nothing. */
static bool
prepare_headers(char *error)
{
	static const struct {
		const char *name, *line;
	} ours[] = {
		{"Accept-Encoding", "Accept-Encoding: identity"}, /* the pattern reads the body as it is sent */
		{"Expect", "Expect:"}, /* no waiting for 100 Continue */
	};
	const struct string_map *headers = &setup.args->headers;
	bool added = true;
	char *line;

	for (size_t i = 0; i < headers->count && added; i++) {
		/* "Name:" would remove a header, "Name;" is how libcurl spells an empty one */
		if (asprintf(&line, headers->values[i][0] == '\0' ? "%s;" : "%s: %s", headers->keys[i], headers->values[i]) == -1)
			line = NULL;
		added = header_add(line);
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]) && added; i++)
		if (!header_given(ours[i].name))
			added = header_add(strdup(ours[i].line));
	/* form fields are what libcurl takes every payload for */
	if (added && setup.payload != NULL && setup.args->data.count == 0 && !header_given("Content-Type"))
		added = header_add(strdup("Content-Type:"));
	return added || no_memory(error);
}

/* application/x-www-form-urlencoded */
static bool
form_write(FILE *out, const struct string_map *data)
{
	bool written = true;

	for (size_t i = 0; i < data->count && written; i++) {
		char *key = curl_easy_escape(NULL, data->keys[i], 0), *value = curl_easy_escape(NULL, data->values[i], 0);

		/* a length of 0 means strlen, so an empty text is escaped to an empty one */
		written = key != NULL && value != NULL && fprintf(out, "%s%s=%s", i == 0 ? "" : "&", key, value) >= 0;
		curl_free(key);
		curl_free(value);
	}
	return written;
}

/* The body to send. POST and PUT have one even when it is empty: servers want its length. */
static bool
prepare_payload(char *error)
{
	const struct http_args *args = setup.args;
	bool written;
	FILE *out;

	if (args->request_method != HTTP_POST && args->request_method != HTTP_PUT)
		return true; /* the configuration allows no other method a body */
	if ((out = open_memstream(&setup.payload, &setup.payload_length)) == NULL)
		return no_memory(error);
	written = args->body != NULL ? fputs(args->body, out) >= 0 : form_write(out, &args->data);
	return (fclose(out) == 0 && written && setup.payload != NULL) || no_memory(error);
}

/* Which statuses pass: the expected ones, else any 2xx, or any at all. */
static bool
prepare_statuses(char *error)
{
	const struct string_list *expected = &setup.args->expected_status;
	size_t count = expected->count != 0 ? expected->count : setup.args->require_status ? 1 : 0;

	if (count == 0)
		return true;
	if ((setup.statuses = calloc(count, sizeof(*setup.statuses))) == NULL)
		return no_memory(error);
	setup.status_count = count;
	setup.statuses[0] = status_success[0];
	for (size_t i = 0; i < expected->count; i++) {
		struct status_range *range = &setup.statuses[i];
		int fields = sscanf(expected->items[i], "%ld-%ld", &range->first, &range->last);

		if (fields == 1)
			range->last = range->first;
		if (fields < 1 || range->last < range->first) {
			snprintf(error, OPTION_ERROR_SIZE, "expected_status: not a status or range: %s", expected->items[i]);
			return false;
		}
	}
	return true;
}

static bool
prepare_pattern(char *error)
{
	return setup.args->response == NULL || (setup.pattern = pattern_compile(setup.args->response, error)) != NULL;
}

static bool
prepare_tls(char *error)
{
	const struct tls_files files = {.verify = setup.args->verify_ssl, .ca_file = setup.args->ca_file,
	    .client_cert = setup.args->client_cert, .client_key = setup.args->client_key};

	return tls_material_prepare(&setup.material, &files, error);
}

static bool
http_prepare(const void *args, const char *name, char *error)
{
	bool (*const steps[])(char *) = {prepare_url, prepare_payload, prepare_headers, prepare_statuses,
	    prepare_pattern, prepare_tls};

	(void)name;
	setup.args = args;
	/* libcurl told to use no signals leaves SIGPIPE to us: OpenSSL writes to sockets that the server has closed */
	signal(SIGPIPE, SIG_IGN);
	idle_prepare();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!steps[i](error))
			return false;
	return true;
}

/* One execution: a request per address. */
struct session {
	CURLM *multi; /* made anew each time: kept, its tables are 35 kB, all zero, between executions */
	struct http_request *requests;
	size_t count, pending;
	bool decided; /* no further result can change the verdict */
};

static void
session_settle(struct session *session, const struct http_request *request)
{
	bool passed = request->result.code == RESULT_PASS;

	session->decided |= setup.args->remote.all_valid ? !passed : passed;
}

static void
session_start(struct session *session, const struct addresses *addresses, monotime_t deadline)
{
	for (size_t i = 0; i < session->count; i++) {
		struct http_request *request = &session->requests[i];
		CURLMcode code;

		if (!http_request_start(request, &setup, &addresses->items[i], deadline)) {
			session_settle(session, request);
			continue;
		}
		if ((code = curl_multi_add_handle(session->multi, request->easy)) == CURLM_OK) {
			session->pending++;
			continue;
		}
		result_error(&request->result, REASON_LOCAL, "cannot start the request: %s", curl_multi_strerror(code));
		request->done = true;
		session_settle(session, request);
	}
}

/* Take the verdicts of requests that libcurl has finished. */
static void
session_collect(struct session *session)
{
	struct http_request *request;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(session->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request) != CURLE_OK)
			continue;
		http_request_finish(request, message->data.result);
		session->pending--;
		session_settle(session, request);
	}
}

static void
session_run(struct session *session, monotime_t deadline)
{
	CURLMcode code = CURLM_OK;
	int running;

	while (session->pending > 0 && !session->decided && code == CURLM_OK) {
		int64_t left_ms;

		if ((code = curl_multi_perform(session->multi, &running)) != CURLM_OK)
			break;
		session_collect(session);
		left_ms = (monotime_left(deadline, monotime_now()) + NS_PER_MILLISECOND - 1) / NS_PER_MILLISECOND;
		if (session->pending == 0 || session->decided || left_ms == 0)
			break;
		code = curl_multi_poll(session->multi, NULL, 0, left_ms > INT_MAX ? INT_MAX : (int)left_ms, NULL);
	}
	for (size_t i = 0; i < session->count && !session->decided; i++) {
		struct http_request *request = &session->requests[i];

		if (request->done)
			continue;
		if (code == CURLM_OK)
			http_request_finish(request, CURLE_OPERATION_TIMEDOUT);
		else
			result_error(&request->result, REASON_LOCAL, "libcurl: %s", curl_multi_strerror(code));
		request->done = true;
	}
}

static void
session_combine(const struct session *session, const struct addresses *addresses, struct result *result)
{
	struct result results[RESOLVE_MAX];

	for (size_t i = 0; i < session->count; i++) {
		if (session->requests[i].done)
			results[i] = session->requests[i].result;
		else
			results[i].code = RESULT_CODES; /* not needed for the verdict */
	}
	probe_combine(&setup.args->remote, addresses->items, results, session->count, result);
}

static bool
session_open(struct session *session, size_t count)
{
	session->multi = curl_multi_init();
	session->requests = calloc(count, sizeof(*session->requests));
	session->count = session->requests == NULL ? 0 : count;
	return session->multi != NULL && session->requests != NULL;
}

static void
session_close(struct session *session)
{
	for (size_t i = 0; i < session->count; i++) {
		if (session->requests[i].easy != NULL)
			curl_multi_remove_handle(session->multi, session->requests[i].easy);
		http_request_free(&session->requests[i]);
	}
	free(session->requests);
	curl_multi_cleanup(session->multi);
}

/* Not inlined: its large frame is to lie below idle_release's. */
static __attribute__((noinline)) void
requests_execute(const void *args, monotime_t deadline, struct result *result)
{
	const struct http_args *http = args;
	struct addresses addresses;
	struct session session = {0};

	if (!resolve(http->remote.host != NULL ? http->remote.host : setup.host, remote_family(&http->remote), &addresses,
	    result))
		return;
	if (session_open(&session, addresses.count)) {
		session_start(&session, &addresses, deadline);
		session_run(&session, deadline);
		session_combine(&session, &addresses, result);
	} else {
		result_error(result, REASON_LOCAL, "out of memory or descriptors");
	}
	session_close(&session);
}

static void
http_execute(const void *args, monotime_t deadline, struct result *result)
{
	requests_execute(args, deadline, result);
	idle_release();
}

const struct worker_method worker_method = {
	.method = &method_http,
	.preload = http_preload,
	.prepare = http_prepare,
	.execute = http_execute,
};
