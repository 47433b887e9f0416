/*
 * TLS as a client: the CA store that all workers share, a check's own CA file and client certificate, and what a
 * handshake showed about the server's certificate. Only programs that link OpenSSL link it.
 */
#ifndef EXACHECK_TLS_MATERIAL_H
#define EXACHECK_TLS_MATERIAL_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "../common/option.h"
#include "../common/result.h"

/* What the arguments say. Strings are theirs. */
struct tls_files {
	bool verify;
	const char *ca_file;	 /* certificates to verify with; NULL: the system's */
	const char *client_cert; /* or NULL */
	const char *client_key;	 /* NULL: in the same file */
};

/* What the server's certificates were like, over all handshakes of one request (redirects have several). */
struct tls_peer {
	bool verify;	   /* in: check the chain */
	int error;	   /* X509_V_OK or the first reason to refuse the chain, for X509_verify_cert_error_string */
	bool seen;	   /* a server showed a certificate: the two below hold */
	int days_left;	   /* whole days until the server's own certificate ends; the smallest seen */
	bool ended;	   /* it has ended already */
};

/* A check's own material. Zeroed: none. */
struct tls_material {
	X509_STORE *store; /* CA certificates; a reference, NULL where nothing is verified */
	X509 *certificate; /* client's, or NULL */
	STACK_OF(X509) *chain; /* certificates that follow it in its file, or NULL */
	EVP_PKEY *key;
};

/* In the spawner: load the system's CA certificates, if there are any, for workers to share. False: out of memory. */
bool tls_material_preload(void);

/*
 * In the worker, while the file system is open: load what the arguments name. Returns false with the reason
 * in error (OPTION_ERROR_SIZE bytes). tls_material_free releases it in either case.
 */
bool tls_material_prepare(struct tls_material *, const struct tls_files *, char *error);
void tls_material_free(struct tls_material *);

/*
 * Give a connection's context the store and the client certificate, and have its verification recorded in
 * *peer, which must outlive the context. Returns false when out of memory.
 */
bool tls_material_attach(const struct tls_material *, SSL_CTX *, struct tls_peer *peer);

/* The verdict on a certificate that was refused (peer->error). name: of the server, for the text. */
void tls_peer_refuse(const struct tls_peer *, const char *name, struct result *);

/*
 * Whether the server's certificate lasts as long as asked for, in days; OPTION_UNSET: however long. If not, the verdict
 * is in the result.
 */
bool tls_peer_lasts(const struct tls_peer *, int64_t wanted_days, const char *name, struct result *);

#endif
