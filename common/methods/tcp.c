/* The tcp method's options. Pure. */
#include "tcp.h"

#define AT(MEMBER) .offset = offsetof(struct tcp_args, MEMBER)

static const struct option tcp_options[] = {
	REMOTE_OPTIONS(struct tcp_args, remote, OPTION_REQUIRED),
	{.name = "port", .type = OPTION_INTEGER, .flags = OPTION_REQUIRED, AT(port), .min = 1, .max = 65535,
	    .help = "port to connect to"},
	{.name = "tcp_timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, AT(tcp_timeout_ns), .min = 0,
	    .max = 86400, .fallback = "5", .unit = "seconds", .help = "bounds all that is done with one address; at most timeout"},
	{.name = "tls", .type = OPTION_BOOL, AT(tls), .fallback = "false",
	    .help = "true: all that follows is inside TLS, whose handshake must succeed"},
	{.name = "server_name", .type = OPTION_HOST, AT(server_name),
	    .help = "name or address that the certificate must have instead of host's"},
	{.name = "verify_ssl", .type = OPTION_BOOL, AT(verify_ssl), .fallback = "true",
	    .help = "true: the certificate's chain and name must be right"},
	TLS_OPTIONS(struct tcp_args),
	{.name = "send", .type = OPTION_SECRET, AT(send), .min = 1, .max = 65536,
	    .help = "text to send once connected"},
	{.name = "expect", .type = OPTION_PATTERN, AT(expect),
	    .help = "pattern that must be found in the first 64 KiB of the answer"},
	{.name = "watch", .type = OPTION_BOOL, AT(watch), .fallback = "false",
	    .help = "true: keep an idle connection and check at once when it closes"},
	OPTION_END,
};

static void
tcp_derive(void *data, uint64_t given)
{
	struct tcp_args *args = data;

	derive_timeout(tcp_options, given, "tcp_timeout", &args->tcp_timeout_ns, args->remote.common.timeout_ns);
}

static void
check_tls(struct cross_check *check, const struct tcp_args *args)
{
	static const char *const tls_only[] = {"server_name", "ca_file", "min_cert_days", "client_cert", "client_key"};

	for (size_t i = 0; !args->tls && i < sizeof(tls_only) / sizeof(tls_only[0]); i++)
		if (cross_given(check, tls_only[i]))
			check->error(check, tls_only[i], "needs tls: set tls to true or leave it out");
	if (!args->tls && !args->verify_ssl)
		check->error(check, "verify_ssl", "needs tls: set tls to true or leave it out");
	if (!args->tls)
		return;
	cross_check_files(check, args->verify_ssl, args->ca_file, args->client_cert, args->client_key);
}

static void
tcp_cross_check(struct cross_check *check)
{
	const struct tcp_args *args = check->args;

	remote_cross_check(check);
	cross_check_timeout(check, "tcp_timeout", args->tcp_timeout_ns, args->remote.common.timeout_ns);
	check_tls(check, args);
}

static void
tcp_confine(struct sandbox_profile *profile, const void *data)
{
	sandbox_need_port(profile, (unsigned)((const struct tcp_args *)data)->port);
}

static bool
tcp_watches(const void *data)
{
	return ((const struct tcp_args *)data)->watch;
}

static const struct check_method *
tcp_variant(const void *data)
{
	return ((const struct tcp_args *)data)->tls ? &method_tls : &method_tcp;
}

#define TCP_METHOD                                                                                            \
	.name = "tcp", .options = tcp_options, .args_size = sizeof(struct tcp_args), .remote = true,          \
	.derive = tcp_derive, .cross_check = tcp_cross_check, .needs = NEED_TCP,                              \
	.may_need = NEED_LOOK | NEED_RESOLVER, .confine = tcp_confine, .watches = tcp_watches, .variant = tcp_variant

const struct check_method method_tcp = {TCP_METHOD};
const struct check_method method_tls = {TCP_METHOD, .program = "tls"};
