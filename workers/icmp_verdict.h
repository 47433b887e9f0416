/*
 * The verdict on one address's echo requests, from their round trips. Pure.
 */
#ifndef EXACHECK_ICMP_VERDICT_H
#define EXACHECK_ICMP_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "../common/address.h"
#include "../common/methods/icmp.h"
#include "../common/result.h"

#define ICMP_RTT_LOST (-1)

struct icmp_outcome {
	const char *name;	 /* the address, for the text */
	const int64_t *rtts_ns;	 /* args->count of them in the order sent; ICMP_RTT_LOST or less: no reply */
	int error;		 /* errno of the last error that a packet met, 0: none */
	struct address reporter; /* who reported it; family 0: this host */
};

/* Loss, then max_latency against the highest round trip, then max_jitter against the mean change between replies. */
void icmp_judge(const struct icmp_args *, const struct icmp_outcome *, struct result *);

#endif
