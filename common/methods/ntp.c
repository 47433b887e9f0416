/* The ntp method's options. Pure. */
#include "ntp.h"

#define AT(MEMBER) .offset = offsetof(struct ntp_args, MEMBER)
#define DAY_S 86400

static const struct option ntp_options[] = {
	REMOTE_OPTIONS(struct ntp_args, remote, OPTION_REQUIRED),
	{.name = "port", .type = OPTION_INTEGER, AT(port), .min = 1, .max = 65535, .fallback = "123",
	    .help = "server's port"},
	{.name = "version", .type = OPTION_INTEGER, AT(version), .min = 2, .max = 4, .fallback = "3",
	    .help = "NTP version to ask with; the answer must carry it"},
	{.name = "ntp_timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, AT(ntp_timeout_ns), .min = 0,
	    .max = DAY_S, .fallback = "5", .unit = "seconds", .help = "bounds one server's answer; at most timeout"},
	{.name = "max_offset", .type = OPTION_NUMBER, .flags = OPTION_ABOVE_MIN, AT(max_offset_s), .min = 0,
	    .max = 4294967295.0, .unit = "seconds", .help = "largest offset from the local clock, either way"},
	{.name = "max_stratum", .type = OPTION_INTEGER, AT(max_stratum), .min = 0, .max = 15,
	    .help = "highest stratum"},
	{.name = "max_root_dispersion", .type = OPTION_NUMBER, .flags = OPTION_ABOVE_MIN, AT(max_root_dispersion_s),
	    .min = 0, .max = 65536, .unit = "seconds", .help = "largest root dispersion"},
	OPTION_END,
};

static void
ntp_derive(void *data, uint64_t given)
{
	struct ntp_args *args = data;

	derive_timeout(ntp_options, given, "ntp_timeout", &args->ntp_timeout_ns, args->remote.common.timeout_ns);
}

static void
ntp_cross_check(struct cross_check *check)
{
	const struct ntp_args *args = check->args;

	remote_cross_check(check);
	cross_check_timeout(check, "ntp_timeout", args->ntp_timeout_ns, args->remote.common.timeout_ns);
}

const struct check_method method_ntp = {
	.name = "ntp",
	.options = ntp_options,
	.args_size = sizeof(struct ntp_args),
	.remote = true,
	.derive = ntp_derive,
	.cross_check = ntp_cross_check,
	.needs = NEED_UDP,
	.may_need = NEED_LOOK | NEED_RESOLVER,
};
