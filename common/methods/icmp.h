/* Arguments of the icmp method. */
#ifndef EXACHECK_METHOD_ICMP_H
#define EXACHECK_METHOD_ICMP_H

#include "method.h"

struct icmp_args {
	struct remote_args remote;
	int64_t count;
	int64_t interval_ns; /* between packets */
	int64_t icmp_timeout_ns; /* per packet */
	bool privileged; /* raw socket */
	int64_t max_loss; /* packets */
	double max_latency_ms; /* NAN: not looked at */
	double max_jitter_ms; /* NAN: not looked at */
	int64_t size; /* payload bytes */
	bool dont_fragment;
};

extern const struct check_method method_icmp;

#endif
