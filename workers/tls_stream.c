/*
 * TLS on a connected socket, by OpenSSL. Touches the socket and memory only. Invariant: a handshake is complete only when
 * the certificate is what the arguments ask for; nothing of a connection, such as a session, is kept for the next.
 */
#include "tls_stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls_material.h"

struct session {
	SSL_CTX *context;
	SSL *ssl;
	struct tls_peer peer;
	bool broken; /* OpenSSL is not to be asked for anything more */
};

static const struct tcp_args *args;
static struct tls_material material;
/* Whose certificate is expected. */
static char *name; /* without a dot at the end; NULL: address */
static struct address address;

bool
tls_stream_prepare(const struct tcp_args *tcp_args, char *error)
{
	const struct tls_files files = {.verify = tcp_args->verify_ssl, .ca_file = tcp_args->ca_file,
	    .client_cert = tcp_args->client_cert, .client_key = tcp_args->client_key};
	const char *expected = tcp_args->server_name != NULL ? tcp_args->server_name : tcp_args->remote.host;
	size_t length = strlen(expected);

	args = tcp_args;
	if (!address_parse(expected, &address)) {
		name = strndup(expected, expected[length - 1] == '.' ? length - 1 : length);
		if (name == NULL) {
			snprintf(error, OPTION_ERROR_SIZE, "out of memory");
			return false;
		}
	}
	return tls_material_prepare(&material, &files, error);
}

/* Who is expected: by name, which the server is told, or by address, which it knows. */
static bool
session_expect(SSL *ssl)
{
	if (name == NULL)
		return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), address.bytes, address.family == AF_INET ? 4 : 16) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool
session_make(struct session *session, int fd)
{
	SSL_CTX *context;

	session->peer.verify = args->verify_ssl;
	if ((session->context = context = SSL_CTX_new(TLS_client_method())) == NULL)
		return false;
	SSL_CTX_set_verify(context, args->verify_ssl ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* an answer that ends without a word of TLS has ended all the same: what must be in it is for `expect` to say */
	SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
	return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	    tls_material_attach(&material, context, &session->peer) && (session->ssl = SSL_new(context)) != NULL &&
	    session_expect(session->ssl) && SSL_set_fd(session->ssl, fd) == 1;
}

static void
tls_close(struct stream *stream, bool orderly)
{
	struct session *session = stream->session;

	if (session == NULL)
		return;
	stream->session = NULL;
	if (orderly && !session->broken && SSL_is_init_finished(session->ssl))
		SSL_shutdown(session->ssl);
	SSL_free(session->ssl);
	SSL_CTX_free(session->context);
	free(session);
	ERR_clear_error();
}

/* What OpenSSL says went wrong. what: which operation. */
static enum stream_status
tls_failed(struct stream *stream, const char *what)
{
	const struct session *session = stream->session;
	unsigned long code = ERR_peek_error(); /* the first: later ones say less */
	const char *reason = ERR_reason_error_string(code);

	if (session->peer.error != X509_V_OK)
		tls_peer_refuse(&session->peer, stream->name, stream->result);
	else if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		result_error(stream->result, REASON_LOCAL, "%s %s: out of memory", what, stream->name);
	else
		result_fail(stream->result, REASON_TLS, "%s %s: %s", what, stream->name,
		    reason != NULL ? reason : "OpenSSL does not say why");
	ERR_clear_error();
	return STREAM_FAILED;
}

/* After a call that did not do it. */
static enum stream_status
tls_status(struct stream *stream, int returned, const char *what)
{
	struct session *session = stream->session;
	int error = errno;

	switch (SSL_get_error(session->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		return STREAM_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return STREAM_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return STREAM_ENDED;
	case SSL_ERROR_SYSCALL:
		session->broken = true;
		return error == 0 ? STREAM_ENDED : stream_errno(stream, error, what);
	default:
		session->broken = true;
		return tls_failed(stream, what);
	}
}

/* Before each call: what is looked at after it is to be its own. */
static struct session *
session_begin(struct stream *stream)
{
	ERR_clear_error();
	errno = 0;
	return stream->session;
}

static enum stream_status
tls_handshake(struct stream *stream)
{
	static const char what[] = "TLS handshake with";
	struct session *session = session_begin(stream);
	enum stream_status status;
	int returned;

	if (session == NULL) {
		stream->session = session = calloc(1, sizeof(*session));
		if (session == NULL || !session_make(session, stream->fd)) {
			if (session != NULL)
				session->broken = true;
			result_error(stream->result, REASON_LOCAL, "%s %s: out of memory", what, stream->name);
			return STREAM_FAILED;
		}
	}
	if ((returned = SSL_connect(session->ssl)) == 1)
		return tls_peer_lasts(&session->peer, args->min_cert_days, stream->name, stream->result) ? STREAM_DONE :
		    STREAM_FAILED;
	if ((status = tls_status(stream, returned, what)) == STREAM_ENDED) {
		result_fail(stream->result, REASON_TLS, "%s %s: connection closed", what, stream->name);
		status = STREAM_FAILED;
	}
	return status;
}

static enum stream_status
tls_send(struct stream *stream, const char *data, size_t length, size_t *sent)
{
	struct session *session = session_begin(stream);
	int returned = SSL_write_ex(session->ssl, data, length, sent);
	enum stream_status status = returned == 1 ? STREAM_DONE : tls_status(stream, returned, "send to");

	if (status == STREAM_ENDED) {
		result_fail(stream->result, REASON_CLOSED, "connection closed by %s while sending", stream->name);
		status = STREAM_FAILED;
	}
	return status;
}

static enum stream_status
tls_receive(struct stream *stream, char *data, size_t size, size_t *received)
{
	struct session *session = session_begin(stream);
	int returned = SSL_read_ex(session->ssl, data, size, received);

	return returned == 1 ? STREAM_DONE : tls_status(stream, returned, "read from");
}

const struct stream_ops stream_tls = {
	.connected = "TLS handshake with",
	.handshake = tls_handshake,
	.send = tls_send,
	.receive = tls_receive,
	.close = tls_close,
};
