/* Arguments of the ntp method. */
#ifndef EXACHECK_METHOD_NTP_H
#define EXACHECK_METHOD_NTP_H

#include "method.h"

struct ntp_args {
	struct remote_args remote;
	int64_t port;
	int64_t version;
	int64_t ntp_timeout_ns;
	double max_offset_s; /* NAN: not looked at */
	int64_t max_stratum; /* OPTION_UNSET: not looked at */
	double max_root_dispersion_s; /* NAN: not looked at */
};

extern const struct check_method method_ntp;

#endif
