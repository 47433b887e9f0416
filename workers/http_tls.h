/*
 * TLS of the http method: the CA store that all workers share, a check's own CA file and client
 * certificate, and what a handshake showed about the server's certificate. Only worker-http links it.
 */
#ifndef EXACHECK_HTTP_TLS_H
#define EXACHECK_HTTP_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "../common/methods/http.h"

/* What the server's certificates were like, over all handshakes of one request (redirects have several). */
struct tls_peer {
	bool verify;	   /* in: check the chain */
	int error;	   /* X509_V_OK or the first reason to refuse the chain, for X509_verify_cert_error_string */
	bool seen;	   /* a server showed a certificate: the two below hold */
	int days_left;	   /* whole days until the server's own certificate ends; the smallest seen */
	bool ended;	   /* it has ended already */
};

/* A check's own material. Zeroed: none. */
struct http_tls {
	X509_STORE *store; /* CA certificates; a reference, NULL with verify_ssl false */
	X509 *certificate; /* client's, or NULL */
	STACK_OF(X509) *chain; /* certificates that follow it in its file, or NULL */
	EVP_PKEY *key;
};

/* In the spawner: load the system's CA certificates, for workers to share. */
void http_tls_preload(void);

/*
 * In the worker, while the file system is open: load what the arguments name. Returns false with the reason
 * in error (OPTION_ERROR_SIZE bytes). http_tls_free releases it in either case.
 */
bool http_tls_prepare(struct http_tls *, const struct http_args *, char *error);
void http_tls_free(struct http_tls *);

/*
 * Give a connection's context the store and the client certificate, and have its verification recorded in
 * *peer, which must outlive the context. Returns false when out of memory.
 */
bool http_tls_attach(const struct http_tls *, SSL_CTX *, struct tls_peer *peer);

#endif
