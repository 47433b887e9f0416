/*
 * The CA store, client certificates and the record of a handshake. Reads files in preload and prepare only.
 * A connection sees the store that was chosen for its check and never one that libcurl would load itself:
 * parsing the system's bundle costs 25 ms and 1 MB, so it is done once for all workers.
 */
#include "tls_material.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* Where distributions keep the bundle of CA certificates: Debian, Fedora, others. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/cert.pem",
};

static X509_STORE *system_store; /* NULL: no bundle was found */

static void
tls_error(char *error, const char *what, const char *path)
{
	unsigned long code = ERR_peek_error(); /* the first: later ones say "system lib" and the like */
	const char *reason = NULL;

	if (code != 0)
		reason = ERR_SYSTEM_ERROR(code) ? strerror((int)ERR_GET_REASON(code)) : ERR_reason_error_string(code);
	snprintf(error, OPTION_ERROR_SIZE, "%s %s: %s", what, path, reason == NULL ? "cannot be read" : reason);
	ERR_clear_error();
}

/* Whether OpenSSL's errors, all of which it takes away, tell of memory that was not to be had. */
static bool
memory_lacked(void)
{
	bool lacked = false;
	unsigned long code;

	while ((code = ERR_get_error()) != 0)
		lacked |= !ERR_SYSTEM_ERROR(code) && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
	return lacked;
}

/* NULL with the reason in OpenSSL's error queue. */
static X509_STORE *
store_load(const char *path)
{
	X509_STORE *store = X509_STORE_new();

	if (store == NULL)
		return NULL;
	/* A bundle may hold an intermediate certificate alone: what it lists is trusted. */
	if (X509_STORE_load_file(store, path) != 1 || X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) != 1) {
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

/*
 * Whether memory was lacking for a certificate's key: OpenSSL then goes on without, silently and for good, and nothing
 * that this certificate signed is ever verified. A key that cannot be read the second time either is of an unknown kind.
 */
static bool
key_lacks(X509 *certificate)
{
	X509 *again;
	bool lacks;

	if (X509_get0_pubkey(certificate) != NULL)
		return false;
	again = X509_dup(certificate);
	lacks = again == NULL || X509_get0_pubkey(again) != NULL;
	X509_free(again);
	return lacks;
}

/*
 * OpenSSL sorts a store and decodes a certificate's extensions at first use. Done now, a shared store's pages stay
 * shared instead of being written, and so copied, in each worker; and of a worker's own, what stays lies together
 * instead of among what a handshake leaves. Returns false when out of memory.
 */
static bool
store_settle(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
	bool lacks = false;

	sk_X509_OBJECT_sort(objects);
	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

		if (certificate == NULL)
			continue;
		X509_check_purpose(certificate, -1, 0);
		lacks |= key_lacks(certificate);
	}
	return !memory_lacked() && !lacks;
}

bool
tls_material_preload(void)
{
	bool settled;

	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]) && system_store == NULL; i++)
		system_store = store_load(bundles[i]);
	if (system_store == NULL)
		system_store = store_load(X509_get_default_cert_file());
	settled = system_store != NULL ? store_settle(system_store) : !memory_lacked();
	ERR_clear_error();
	if (!settled) {
		X509_STORE_free(system_store);
		system_store = NULL;
	}
	return settled;
}

/* A key that needs a passphrase is refused; the library's default would ask for it on the terminal. */
static int
passphrase_refuse(char *buffer, int size, int writing, void *data)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)data;
	return -1;
}

static bool
certificate_read(struct tls_material *tls, BIO *file)
{
	X509 *next;

	if ((tls->certificate = PEM_read_bio_X509_AUX(file, NULL, passphrase_refuse, NULL)) == NULL ||
	    (tls->chain = sk_X509_new_null()) == NULL)
		return false;
	while ((next = PEM_read_bio_X509(file, NULL, passphrase_refuse, NULL)) != NULL) {
		if (sk_X509_push(tls->chain, next) == 0) {
			X509_free(next);
			return false;
		}
	}
	/* the end of the file, or something that is no certificate, such as the key: enough is read */
	ERR_clear_error();
	return true;
}

static bool
identity_load(struct tls_material *tls, const char *certificate_path, const char *key_path, char *error)
{
	BIO *file = BIO_new_file(certificate_path, "r");
	bool loaded = file != NULL && certificate_read(tls, file);

	BIO_free(file);
	if (!loaded) {
		tls_error(error, "client_cert", certificate_path);
		return false;
	}
	if ((file = BIO_new_file(key_path, "r")) != NULL)
		tls->key = PEM_read_bio_PrivateKey(file, NULL, passphrase_refuse, NULL);
	BIO_free(file);
	if (tls->key == NULL) {
		tls_error(error, "client_key (PEM, without passphrase)", key_path);
		return false;
	}
	if (X509_check_private_key(tls->certificate, tls->key) != 1) {
		snprintf(error, OPTION_ERROR_SIZE, "client_key %s is not the key of client_cert %s", key_path,
		    certificate_path);
		ERR_clear_error();
		return false;
	}
	return true;
}

bool
tls_material_prepare(struct tls_material *tls, const struct tls_files *files, char *error)
{
	if (files->client_cert != NULL && !identity_load(tls, files->client_cert,
	    files->client_key == NULL ? files->client_cert : files->client_key, error))
		return false;
	if (!files->verify)
		return true;
	if (files->ca_file != NULL) {
		if ((tls->store = store_load(files->ca_file)) == NULL) {
			tls_error(error, "ca_file", files->ca_file);
			return false;
		}
		if (store_settle(tls->store))
			return true;
		snprintf(error, OPTION_ERROR_SIZE, "ca_file %s: out of memory", files->ca_file);
		return false;
	}
	if (system_store == NULL || X509_STORE_up_ref(system_store) != 1) {
		snprintf(error, OPTION_ERROR_SIZE,
		    "verify_ssl: no CA certificates in %s; install ca-certificates or set ca_file", bundles[0]);
		return false;
	}
	tls->store = system_store;
	return true;
}

void
tls_material_free(struct tls_material *tls)
{
	X509_STORE_free(tls->store);
	X509_free(tls->certificate);
	sk_X509_pop_free(tls->chain, X509_free);
	EVP_PKEY_free(tls->key);
	memset(tls, 0, sizeof(*tls));
}

static void
peer_record(struct tls_peer *peer, const X509 *certificate)
{
	int days, seconds;
	bool ended;

	/* an end that cannot be read counts as passed */
	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1)
		days = seconds = -1;
	ended = days < 0 || seconds < 0;
	if (!peer->seen || days < peer->days_left)
		peer->days_left = days;
	peer->ended |= ended;
	peer->seen = true;
}

/* Stands in for the library's verification: the same, but recorded, and left out where not asked for. */
static int
peer_verify(X509_STORE_CTX *context, void *data)
{
	struct tls_peer *peer = data;
	X509 *certificate = X509_STORE_CTX_get0_cert(context);
	int error;

	if (certificate != NULL)
		peer_record(peer, certificate);
	if (!peer->verify) {
		X509_STORE_CTX_set_error(context, X509_V_OK);
		return 1;
	}
	if (X509_verify_cert(context) == 1)
		return 1;
	error = X509_STORE_CTX_get_error(context);
	peer->error = error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
	return 0;
}

bool
tls_material_attach(const struct tls_material *tls, SSL_CTX *context, struct tls_peer *peer)
{
	if (tls->store != NULL)
		SSL_CTX_set1_cert_store(context, tls->store);
	SSL_CTX_set_cert_verify_callback(context, peer_verify, peer);
	if (tls->certificate == NULL)
		return true;
	return SSL_CTX_use_cert_and_key(context, tls->certificate, tls->key, tls->chain, 1) == 1;
}

void
tls_peer_refuse(const struct tls_peer *peer, const char *name, struct result *result)
{
	result_fail(result, REASON_CERTIFICATE, "certificate of %s: %s", name, X509_verify_cert_error_string(peer->error));
}

bool
tls_peer_lasts(const struct tls_peer *peer, int64_t wanted_days, const char *name, struct result *result)
{
	if (wanted_days == OPTION_UNSET || (peer->seen && !peer->ended && peer->days_left >= wanted_days))
		return true;
	if (!peer->seen)
		result_fail(result, REASON_CERTIFICATE, "no certificate from %s: min_cert_days needs one", name);
	else if (peer->ended)
		result_fail(result, REASON_CERTIFICATE, "certificate of %s has expired", name);
	else
		result_fail(result, REASON_CERTIFICATE, "certificate of %s ends in %d days", name, peer->days_left);
	return false;
}
