/*
 * NTP packets (RFC 5905, section 7.3): building a client's request, reading a server's reply, judging it,
 * the clock offset. Pure.
 */
#ifndef EXACHECK_NTP_PACKET_H
#define EXACHECK_NTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "../common/methods/ntp.h"
#include "../common/result.h"

#define NTP_PACKET_SIZE 48 /* without extension fields and MAC */

struct ntp_reply {
	unsigned leap, version, mode, stratum;
	double root_delay_s, root_dispersion_s;
	char kiss[5];	  /* reference id as text, unprintable bytes as '?': the kiss code when stratum is 0 */
	uint64_t origin;  /* timestamps: seconds and 2^-32 fractions, modulo 2^64 (era) */
	uint64_t receive;
	uint64_t transmit;
};

/*
 * A client request of `version` (2 to 4). nonce goes where our transmit timestamp would be: the server
 * returns it as origin, and we tell it nothing about our clock.
 */
void ntp_request_build(uint8_t packet[static NTP_PACKET_SIZE], unsigned version, uint64_t nonce);

/* Returns false when data is too short to be an NTP packet. What follows the header is not looked at. */
bool ntp_reply_parse(const uint8_t *data, size_t length, struct ntp_reply *);

/* Unix time as an NTP timestamp. */
uint64_t ntp_timestamp(const struct timespec *);

/*
 * Seconds that the server's clock is ahead of ours: ((T2 - T1) + (T3 - T4)) / 2, RFC 5905 section 8. Right
 * across the era change of 2036 as long as the clocks are less than 68 years apart.
 */
double ntp_offset_s(uint64_t t1, uint64_t t2, uint64_t t3, uint64_t t4);

/*
 * The verdict on a reply whose origin is ours. sent, received: our clock at these moments. server: for the
 * text.
 */
void ntp_reply_judge(const struct ntp_args *, const struct ntp_reply *, uint64_t sent, uint64_t received,
    const char *server, struct result *);

#endif
