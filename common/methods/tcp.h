/* Arguments of the tcp method. */
#ifndef EXACHECK_METHOD_TCP_H
#define EXACHECK_METHOD_TCP_H

#include "method.h"

struct tcp_args {
	struct remote_args remote;
	int64_t port;
	int64_t tcp_timeout_ns;
	bool tls;
	char *server_name; /* whose certificate is expected; NULL: the host */
	bool verify_ssl;
	char *ca_file;
	int64_t min_cert_days; /* OPTION_UNSET: not looked at */
	char *client_cert;
	char *client_key;
	char *send;   /* text or NULL */
	char *expect; /* pattern or NULL */
	bool watch; /* hold a connection between executions */
};

extern const struct check_method method_tcp;
extern const struct check_method method_tls; /* with tls: true */

#endif
