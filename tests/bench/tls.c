/*
 * The HTTPS service that the benchmark's https checks look at, and the floor of their figures: a bare
 * OpenSSL client that does one full handshake, verifies the chain and the name, sends a request and
 * reads the answer. Touches loopback only. No session is ever resumed: a check never resumes one.
 */
#include <err.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "helper.h"

#define SERVICE_NAME "bench.test"

struct client {
	SSL_CTX *context;
	uint16_t port;
};

static char service_name[] = SERVICE_NAME; /* the library's macro takes it as writable */
static const char request[] = "GET / HTTP/1.1\r\nHost: " SERVICE_NAME "\r\nConnection: close\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

static _Noreturn void
die_tls(const char *what)
{
	ERR_print_errors_fp(stderr);
	errx(1, "%s failed", what);
}

/* A silent peer must not hold the service up. */
static void
socket_limit(int fd)
{
	struct timeval limit = {.tv_sec = 2};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* Answer one request; false when the client went away before it was whole. */
static bool
serve_one(SSL *ssl)
{
	char buffer[4096];
	size_t used = 0;
	int got;

	if (SSL_accept(ssl) != 1)
		return false;
	do {
		got = SSL_read(ssl, buffer + used, (int)(sizeof(buffer) - 1 - used));
		if (got <= 0)
			return false;
		used += (size_t)got;
		buffer[used] = '\0';
	} while (strstr(buffer, "\r\n\r\n") == NULL && used < sizeof(buffer) - 1);
	if (SSL_write(ssl, answer, sizeof(answer) - 1) <= 0)
		return false;
	SSL_shutdown(ssl);
	return true;
}

static void
serve_all(SSL_CTX *context, int listener, struct visits *visits)
{
	struct sockaddr_in local;
	socklen_t length;
	SSL *ssl;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		length = sizeof(local);
		if (getsockname(fd, (struct sockaddr *)&local, &length) == -1)
			err(1, "getsockname");
		socket_limit(fd);
		if ((ssl = SSL_new(context)) == NULL || SSL_set_fd(ssl, fd) != 1)
			die_tls("server connection");
		if (serve_one(ssl))
			visits_add(visits, target_index(&local), monotime_now().ns);
		ERR_clear_error();
		SSL_free(ssl);
		close(fd);
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		err(1, "accept");
}

static void
run_serve(const char *certificate, const char *key)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	struct visits visits = {0};
	struct pollfd fds[2];
	uint16_t port;
	char byte;

	if (context == NULL || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		die_tls("server certificate");
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	fds[0] = (struct pollfd){.fd = loopback_listen(&port), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	printf("%u\n", port);
	fflush(stdout);
	for (;;) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			err(1, "poll");
		serve_all(context, fds[0].fd, &visits);
		if (fds[1].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0)
			break;
	}
	visits_print(&visits);
	SSL_CTX_free(context);
}

/* One execution of an https check, without the check around it. */
static void
request_once(unsigned index, void *context)
{
	const struct client *client = context;
	SSL *ssl = SSL_new(client->context);
	char buffer[4096];
	int fd, got, used = 0;

	if (ssl == NULL || (fd = target_connect(index, client->port)) == -1)
		err(1, "connect");
	socket_limit(fd);
	SSL_set_fd(ssl, fd);
	SSL_set_tlsext_host_name(ssl, service_name);
	SSL_set1_host(ssl, service_name);
	if (SSL_connect(ssl) != 1 || SSL_write(ssl, request, sizeof(request) - 1) <= 0)
		die_tls("handshake");
	while (used < (int)sizeof(buffer) && (got = SSL_read(ssl, buffer + used, (int)sizeof(buffer) - used)) > 0)
		used += got;
	if (used < (int)sizeof(answer) - 1 || memcmp(buffer, answer, sizeof(answer) - 1) != 0)
		errx(1, "unexpected answer");
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

static SSL_CTX *
client_context(const char *ca_file)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (context == NULL || SSL_CTX_set_default_verify_paths(context) != 1 ||
	    SSL_CTX_load_verify_file(context, ca_file) != 1)
		die_tls("CA");
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return context;
}

static void
run_loop(struct client *client, unsigned count, unsigned long iterations)
{
	int64_t before_ns = cpu_used_ns();

	for (unsigned long i = 0; i < iterations; i++)
		request_once((unsigned)(i % count), client);
	printf("cpu %.0f\n", (double)(cpu_used_ns() - before_ns) / (double)iterations);
}

int
main(int argc, char **argv)
{
	struct client client;
	unsigned count;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "serve") == 0) {
		run_serve(argv[2], argv[3]);
		return 0;
	}
	if (argc != 6)
		errx(2, "usage: tls serve CERTIFICATE KEY | loop|herd CA PORT TARGETS ITERATIONS");
	client.context = client_context(argv[2]);
	client.port = (uint16_t)argument_number("port", argv[3], 1, 65535);
	count = (unsigned)argument_number("targets", argv[4], 1, TARGETS_MAX);
	/* What the library does on its first use is not in the figures, and the herd shares what it keeps. */
	request_once(0, &client);
	if (strcmp(argv[1], "loop") == 0)
		run_loop(&client, count, argument_number("iterations", argv[5], 1, 1000000));
	else if (strcmp(argv[1], "herd") == 0)
		herd_run(count, request_once, NULL, &client);
	else
		errx(2, "unknown mode %s", argv[1]);
	SSL_CTX_free(client.context);
	return 0;
}
