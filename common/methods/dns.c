/* The dns method's options. Pure. */
#include "dns.h"

#define AT(MEMBER) .offset = offsetof(struct dns_args, MEMBER)

static const struct option dns_options[] = {
	REMOTE_OPTIONS(struct dns_args, remote, OPTION_REQUIRED),
	{.name = "query", .type = OPTION_DNS_NAME, .flags = OPTION_REQUIRED, AT(query),
	    .help = "domain name to ask for"},
	{.name = "query_type", .type = OPTION_DNS_TYPE, AT(query_type), .fallback = "SOA",
	    .help = "record type to ask for"},
	{.name = "response", .type = OPTION_PATTERN, AT(response),
	    .help = "pattern that one answer's text must match from its start"},
	{.name = "tcp", .type = OPTION_BOOL, AT(tcp), .fallback = "false",
	    .help = "true: ask over TCP; false: over UDP, then TCP when the answer is truncated"},
	{.name = "port", .type = OPTION_INTEGER, AT(port), .min = 1, .max = 65535, .fallback = "53",
	    .help = "server's port"},
	{.name = "dns_timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, AT(dns_timeout_ns), .min = 0,
	    .max = 86400, .fallback = "5", .unit = "seconds", .help = "bounds one server's answer; at most timeout"},
	{.name = "require_resolve", .type = OPTION_BOOL, AT(require_resolve), .fallback = "true",
	    .help = "false: NXDOMAIN, SERVFAIL and empty answers pass too"},
	{.name = "rcode", .type = OPTION_DNS_RCODE, .flags = OPTION_LIST, AT(rcode),
	    .help = "response codes that pass; default NOERROR"},
	{.name = "authoritative", .type = OPTION_BOOL, AT(authoritative), .fallback = "false",
	    .help = "true: the answer must be authoritative (AA)"},
	{.name = "dnssec", .type = OPTION_BOOL, AT(dnssec), .fallback = "false",
	    .help = "true: the answer must be authenticated (AD)"},
	{.name = "min_answers", .type = OPTION_INTEGER, AT(min_answers), .min = 0, .max = 65535,
	    .help = "least number of records in the answer"},
	{.name = "nsid", .type = OPTION_BOOL, AT(nsid), .fallback = "false",
	    .help = "true: ask for the server's identifier (RFC 5001) and show it"},
	OPTION_END,
};

static void
dns_derive(void *data, uint64_t given)
{
	struct dns_args *args = data;

	derive_timeout(dns_options, given, "dns_timeout", &args->dns_timeout_ns, args->remote.common.timeout_ns);
}

static void
dns_cross_check(struct cross_check *check)
{
	const struct dns_args *args = check->args;

	remote_cross_check(check);
	cross_check_timeout(check, "dns_timeout", args->dns_timeout_ns, args->remote.common.timeout_ns);
	if (args->require_resolve)
		return;
	if (args->response != NULL)
		check->error(check, "response", "needs an answer: leave it out or set require_resolve to true");
	if (args->min_answers != OPTION_UNSET && args->min_answers > 0)
		check->error(check, "min_answers", "needs an answer: leave it out or set require_resolve to true");
}

static void
dns_confine(struct sandbox_profile *profile, const void *data)
{
	sandbox_need_port(profile, (unsigned)((const struct dns_args *)data)->port);
}

const struct check_method method_dns = {
	.name = "dns",
	.options = dns_options,
	.args_size = sizeof(struct dns_args),
	.remote = true,
	.derive = dns_derive,
	.cross_check = dns_cross_check,
	.needs = NEED_UDP | NEED_TCP,
	.may_need = NEED_LOOK | NEED_RESOLVER,
	.confine = dns_confine,
};
