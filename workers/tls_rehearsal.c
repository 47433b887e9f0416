/*
 * Client and server of one handshake per TLS version, joined by a pair of memory BIOs. The server's key and
 * certificate are made here and end here. Invariant: nothing is left behind but what OpenSSL itself keeps.
 */
#include "tls_rehearsal.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#define HOST "localhost"
#define TURNS_MAX 16 /* a handshake takes three; a bound, should the two ends wait for each other */

struct stage {
	EVP_PKEY *key;
	X509 *certificate;
	X509_STORE *store; /* of the client: trusts the certificate */
};

static bool
certificate_sign(X509 *certificate, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(certificate);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)HOST, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(certificate, name) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(certificate), 60) != NULL && X509_set_pubkey(certificate, key) == 1 &&
	    X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool
stage_open(struct stage *stage)
{
	stage->key = EVP_EC_gen("P-256");
	stage->certificate = X509_new();
	stage->store = X509_STORE_new();
	return stage->key != NULL && stage->certificate != NULL && stage->store != NULL &&
	    certificate_sign(stage->certificate, stage->key) &&
	    X509_STORE_add_cert(stage->store, stage->certificate) == 1;
}

static void
stage_close(struct stage *stage)
{
	X509_STORE_free(stage->store);
	X509_free(stage->certificate);
	EVP_PKEY_free(stage->key);
}

/* Shake hands and pass a byte each way. */
static bool
ends_talk(SSL *client, SSL *server)
{
	char byte = 0;

	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (int i = 0; i < TURNS_MAX; i++) {
		if (SSL_read(client, &byte, 1) == 1)
			return true;
		if (SSL_read(server, &byte, 1) == 1)
			SSL_write(server, &byte, 1);
		else
			SSL_write(client, &byte, 1);
	}
	return false;
}

static bool
ends_join(SSL_CTX *clients, SSL_CTX *servers)
{
	SSL *client = SSL_new(clients), *server = SSL_new(servers);
	BIO *near = NULL, *far = NULL;
	bool talked = false;

	if (client != NULL && server != NULL && BIO_new_bio_pair(&near, 0, &far, 0) == 1) {
		SSL_set_bio(client, near, near);
		SSL_set_bio(server, far, far);
		talked = SSL_set1_host(client, HOST) == 1 && ends_talk(client, server);
	}
	SSL_free(client);
	SSL_free(server);
	return talked;
}

static bool
version_rehearse(const struct stage *stage, int version)
{
	SSL_CTX *clients = SSL_CTX_new(TLS_client_method()), *servers = SSL_CTX_new(TLS_server_method());
	bool talked = false;

	if (clients != NULL && servers != NULL && SSL_CTX_set_max_proto_version(clients, version) == 1 &&
	    SSL_CTX_use_cert_and_key(servers, stage->certificate, stage->key, NULL, 1) == 1) {
		SSL_CTX_set1_cert_store(clients, stage->store);
		SSL_CTX_set_verify(clients, SSL_VERIFY_PEER, NULL);
		talked = ends_join(clients, servers);
	}
	SSL_CTX_free(clients);
	SSL_CTX_free(servers);
	return talked;
}

bool
tls_rehearse(void)
{
	static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};
	struct stage stage = {0};
	bool opened = stage_open(&stage), talked = opened;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]) && opened; i++)
		talked &= version_rehearse(&stage, versions[i]);
	stage_close(&stage);
	ERR_clear_error();
	return talked;
}
