/* Arguments of the dns method. */
#ifndef EXACHECK_METHOD_DNS_H
#define EXACHECK_METHOD_DNS_H

#include "method.h"

struct dns_args {
	struct remote_args remote;
	char *query;	  /* domain name */
	char *query_type; /* canonical, e.g. "SOA", "TYPE65280" */
	char *response;	  /* pattern or NULL */
	bool tcp;
	int64_t port;
	int64_t dns_timeout_ns;
	bool require_resolve;
	struct string_list rcode; /* accepted response codes; empty: NOERROR */
	bool authoritative;
	bool dnssec;
	int64_t min_answers; /* OPTION_UNSET: none */
	bool nsid;
};

extern const struct check_method method_dns;

#endif
