/* The tcp method's options. Pure. */
#include "tcp.h"

#define AT(MEMBER) .offset = offsetof(struct tcp_args, MEMBER)

static const struct option tcp_options[] = {
	REMOTE_OPTIONS(struct tcp_args, remote, OPTION_REQUIRED),
	{.name = "port", .type = OPTION_INTEGER, .flags = OPTION_REQUIRED, AT(port), .min = 1, .max = 65535,
	    .help = "port to connect to"},
	{.name = "tcp_timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, AT(tcp_timeout_ns), .min = 0,
	    .max = 86400, .fallback = "5", .unit = "seconds", .help = "bounds all that is done with one address; at most timeout"},
	{.name = "tls", .type = OPTION_LATER, .help = "true: a TLS handshake must succeed"},
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
tcp_cross_check(struct cross_check *check)
{
	const struct tcp_args *args = check->args;

	remote_cross_check(check);
	cross_check_timeout(check, "tcp_timeout", args->tcp_timeout_ns, args->remote.common.timeout_ns);
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

const struct check_method method_tcp = {
	.name = "tcp",
	.options = tcp_options,
	.args_size = sizeof(struct tcp_args),
	.remote = true,
	.derive = tcp_derive,
	.cross_check = tcp_cross_check,
	.needs = NEED_TCP,
	.may_need = NEED_LOOK | NEED_RESOLVER,
	.confine = tcp_confine,
	.watches = tcp_watches,
};
