/*
 * Transfers. Touches the network. Invariant: nothing of the environment, of files or of earlier transfers has a say
 * in one, and no text about it holds a part of a URL or of what the server said.
 */
#include "carrier.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "../../common/monotime.h"
#include "target_internal.h"

#define ANSWER_MAX 65536 /* bytes that are read of it, and dropped */
#define ADDRESSES_MAX 16
#define SHARE 0.95 /* of the courier's time: the rest is for saying that it was over */

/* What libcurl's codes mean; others are told by its own text. */
static const struct {
	CURLcode code;
	const char *text;
} failures[] = {
	{CURLE_COULDNT_CONNECT, "no connection"},
	{CURLE_OPERATION_TIMEDOUT, "no answer in time"},
	{CURLE_GOT_NOTHING, "connection closed without an answer"},
	{CURLE_SEND_ERROR, "connection lost while sending"},
	{CURLE_RECV_ERROR, "connection lost while receiving"},
	{CURLE_SSL_CONNECT_ERROR, "TLS handshake failed"},
	{CURLE_USE_SSL_FAILED, "the server does not offer STARTTLS"},
	{CURLE_LOGIN_DENIED, "the server offers no login by CRAM-MD5, PLAIN or LOGIN"},
	{CURLE_WEIRD_SERVER_REPLY, "the server's answer makes no sense"},
	{CURLE_OUT_OF_MEMORY, "out of memory"},
};

/* "host:port:address,address": so that libcurl looks nothing up, for which it would need a thread. */
static struct curl_slist *
addresses_write(const struct reach *reach, const struct addrinfo *found)
{
	char text[URL_HOST_SIZE + ADDRESSES_MAX * (ADDRESS_TEXT_SIZE + 3) + 16];
	size_t length = (size_t)snprintf(text, sizeof(text), "%s:%u:", reach->host, reach->port);
	int count = 0;

	for (; found != NULL && count < ADDRESSES_MAX; found = found->ai_next) {
		char name[ADDRESS_TEXT_SIZE];
		struct address address;
		bool in6;

		if (!address_from_sockaddr(found->ai_addr, &address))
			continue;
		address.scope_id = 0;
		in6 = address.family == AF_INET6;
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s%s%s", count++ > 0 ? "," : "",
		    in6 ? "[" : "", address_format(&address, name), in6 ? "]" : "");
	}
	return curl_slist_append(NULL, text);
}

static bool
host_resolve(struct carrier *carrier, const struct reach *reach, struct outcome *outcome)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	struct address literal;
	int error;

	if (address_parse(reach->host, &literal))
		return true;
	error = getaddrinfo(reach->host, NULL, &hints, &found);
	if (error == 0)
		carrier->resolved = addresses_write(reach, found);
	freeaddrinfo(found);
	if (carrier->resolved != NULL)
		return true;
	outcome_set(outcome, COURIER_LATER, "the host's name does not resolve: %s", error == 0 ? "out of memory" :
	    error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	return false;
}

/* A piece of the answer: dropped. A short return ends the transfer. */
static size_t
on_answer(char *piece, size_t one, size_t length, void *data)
{
	struct carrier *carrier = data;

	(void)piece;
	(void)one;
	carrier->answered += length;
	return carrier->answered > ANSWER_MAX ? 0 : length;
}

static CURLcode
on_tls(CURL *easy, void *context, void *data)
{
	struct carrier *carrier = data;

	(void)easy;
	return tls_material_attach(carrier->errand->tls, context, &carrier->peer) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static void
bounds_set(struct carrier *carrier)
{
	long limit_ms = (long)((double)carrier->errand->limit_ns / NS_PER_MILLISECOND * SHARE);

	CARRIER_SET(carrier, CURLOPT_TIMEOUT_MS, limit_ms > 0 ? limit_ms : 1);
	CARRIER_SET(carrier, CURLOPT_CONNECTTIMEOUT_MS, limit_ms > 0 ? limit_ms : 1);
#if LIBCURL_VERSION_NUM >= 0x075500
	CARRIER_SET(carrier, CURLOPT_PROTOCOLS_STR, "http,https,smtp,smtps");
#else
	CARRIER_SET(carrier, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_SMTP | CURLPROTO_SMTPS));
#endif
	CARRIER_SET(carrier, CURLOPT_FOLLOWLOCATION, 0L);
	CARRIER_SET(carrier, CURLOPT_PROXY, "");
	CARRIER_SET(carrier, CURLOPT_NOPROXY, "*");
	CARRIER_SET(carrier, CURLOPT_NOSIGNAL, 1L);
	CARRIER_SET(carrier, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	CARRIER_SET(carrier, CURLOPT_RESOLVE, carrier->resolved);
	CARRIER_SET(carrier, CURLOPT_WRITEFUNCTION, on_answer);
	CARRIER_SET(carrier, CURLOPT_WRITEDATA, carrier);
}

static void
tls_set(struct carrier *carrier, const struct reach *reach)
{
	CARRIER_SET(carrier, CURLOPT_SSL_VERIFYPEER, (long)reach->verify);
	CARRIER_SET(carrier, CURLOPT_SSL_VERIFYHOST, reach->verify * 2L);
	CARRIER_SET(carrier, CURLOPT_CAINFO, NULL);
	CARRIER_SET(carrier, CURLOPT_CAPATH, NULL);
	CARRIER_SET(carrier, CURLOPT_SSL_CTX_FUNCTION, on_tls);
	CARRIER_SET(carrier, CURLOPT_SSL_CTX_DATA, carrier);
}

bool
carrier_load(void)
{
	static bool loaded;

	loaded = loaded || curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	return loaded;
}

bool
carrier_begin(struct carrier *carrier, const struct errand *errand, const struct reach *reach, struct outcome *outcome)
{
	*carrier = (struct carrier){.errand = errand, .peer.verify = reach->verify};
	if (!host_resolve(carrier, reach, outcome))
		return false;
	if ((carrier->easy = curl_easy_init()) == NULL) {
		outcome_set(outcome, COURIER_LATER, "out of memory");
		return false;
	}
	bounds_set(carrier);
	if (reach->tls)
		tls_set(carrier, reach);
	return true;
}

/* The text of what went wrong before there was an answer. */
static const char *
failure_text(const struct carrier *carrier, CURLcode code)
{
	long error = 0;

	if (carrier->peer.error != X509_V_OK)
		return X509_verify_cert_error_string(carrier->peer.error);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		return "its certificate is for another name";
	curl_easy_getinfo(carrier->easy, CURLINFO_OS_ERRNO, &error);
	if (error != 0 && (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR))
		return strerror((int)error);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == code)
			return failures[i].text;
	return curl_easy_strerror(code);
}

bool
carrier_run(struct carrier *carrier, long *answer, struct outcome *outcome)
{
	CURLcode code = carrier->failed != CURLE_OK ? carrier->failed : curl_easy_perform(carrier->easy);

	*answer = 0;
	curl_easy_getinfo(carrier->easy, CURLINFO_RESPONSE_CODE, answer);
	if (code == CURLE_OK)
		return true;
	outcome_set(outcome, COURIER_LATER, "%s", failure_text(carrier, code));
	return false;
}

void
carrier_end(struct carrier *carrier)
{
	curl_easy_cleanup(carrier->easy);
	curl_slist_free_all(carrier->resolved);
	carrier->easy = NULL;
	carrier->resolved = NULL;
}
