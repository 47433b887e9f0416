/* Arguments of the tcp method. */
#ifndef EXACHECK_METHOD_TCP_H
#define EXACHECK_METHOD_TCP_H

#include "method.h"

struct tcp_args {
	struct remote_args remote;
	int64_t port;
	int64_t tcp_timeout_ns;
	char *send;   /* text or NULL */
	char *expect; /* pattern or NULL */
	bool watch; /* hold a connection between executions */
};

extern const struct check_method method_tcp;

#endif
