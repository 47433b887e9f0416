/*
 * CA certificates that are read while memory is short, each allocation failing once: they are refused, or they verify.
 * OpenSSL itself goes on with what it has, for good.
 */
#include <check.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../workers/tls_material.h"
#include "unit.h"

static long calls, failing = -1;
static char path[] = "/tmp/exacheck-test-ca-XXXXXX";

static bool
fails(void)
{
	return ++calls == failing;
}

static void *
memory_take(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 || fails() ? NULL : malloc(size);
}

static void *
memory_resize(void *data, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size == 0) {
		free(data);
		return NULL;
	}
	return fails() ? NULL : realloc(data, size);
}

static void
memory_give(void *data, const char *file, int line)
{
	(void)file;
	(void)line;
	free(data);
}

static X509 *
certificate_make(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
	X509_NAME *name = X509_get_subject_name(certificate);

	ck_assert(X509_set_version(certificate, X509_VERSION_3) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0) == 1 &&
	    X509_set_issuer_name(certificate, name) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) != NULL && X509_set_pubkey(certificate, key) == 1 &&
	    X509_add_ext(certificate, extension, -1) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(extension);
	EVP_PKEY_free(key);
	return certificate;
}

static void
certificate_write(X509 *certificate)
{
	FILE *file = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
	fclose(file);
}

static bool
verifies(X509_STORE *store, X509 *certificate)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool verified = X509_STORE_CTX_init(context, store, certificate, NULL) == 1 && X509_verify_cert(context) == 1;

	X509_STORE_CTX_free(context);
	return verified;
}

START_TEST(whole_or_refused)
{
	const struct tls_files files = {.verify = true, .ca_file = path};
	X509 *certificate = certificate_make();
	const long step = unit_rounds(6) < 6 ? 6 : 1; /* where everything takes tens of times as long, not each */
	unsigned refused = 0, taken = 0;
	bool reached = true;

	certificate_write(certificate);
	for (long number = 1; reached; number += step) {
		struct tls_material material = {0};
		char error[OPTION_ERROR_SIZE] = "";
		bool prepared;

		calls = 0;
		failing = number;
		prepared = tls_material_prepare(&material, &files, error);
		failing = -1;
		reached = calls >= number;
		ck_assert_msg(prepared == (error[0] == '\0'), "%ld: %s", number, error);
		ck_assert_msg(!prepared || verifies(material.store, certificate), "allocation %ld", number);
		refused += !prepared;
		taken += prepared;
		tls_material_free(&material);
		ck_assert_uint_eq(ERR_peek_error(), 0);
	}
	ck_assert_uint_gt(refused, 20);
	ck_assert_uint_gt(taken, 0);
	X509_free(certificate);
	unlink(path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_material");

	if (CRYPTO_set_mem_functions(memory_take, memory_resize, memory_give) != 1)
		return EXIT_FAILURE;
	tcase_add_test(unit_case(suite, "tls_material"), whole_or_refused);
	return unit_run(suite);
}
