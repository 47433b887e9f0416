/*
 * NTP packets. Pure: no clock, no socket.
 */
#include "ntp_packet.h"

#include <math.h>
#include <string.h>

#include "../common/monotime.h"

#define UNIX_EPOCH 2208988800ULL /* in NTP seconds */
#define MODE_CLIENT 3
#define MODE_SERVER 4
#define LEAP_UNSYNCHRONISED 3
#define STRATUM_MAX 15 /* 16: unsynchronised */

/* Kiss codes that an operator meets (RFC 5905, section 7.4). */
static const struct {
	const char *code, *text;
} kiss_texts[] = {
    {"RATE", "asks for fewer requests"},
    {"DENY", "denies service"},
    {"RSTR", "denies service"},
    {"INIT", "is not yet synchronised"},
    {"STEP", "is stepping its clock"},
};

static void
put64(uint8_t *p, uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t
get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

void
ntp_request_build(uint8_t packet[static NTP_PACKET_SIZE], unsigned version, uint64_t nonce)
{
	memset(packet, 0, NTP_PACKET_SIZE);
	packet[0] = (uint8_t)(version << 3 | MODE_CLIENT);
	put64(packet + 40, nonce);
}

bool
ntp_reply_parse(const uint8_t *data, size_t length, struct ntp_reply *reply)
{
	if (length < NTP_PACKET_SIZE)
		return false;
	reply->leap = data[0] >> 6;
	reply->version = data[0] >> 3 & 7;
	reply->mode = data[0] & 7;
	reply->stratum = data[1];
	reply->root_delay_s = get32(data + 4) / 65536.0;
	reply->root_dispersion_s = get32(data + 8) / 65536.0;
	memcpy(reply->kiss, data + 12, 4);
	for (size_t i = 0; i < 4; i++)
		if (reply->kiss[i] <= ' ' || reply->kiss[i] > '~')
			reply->kiss[i] = '?';
	reply->kiss[4] = '\0';
	reply->origin = get64(data + 24);
	reply->receive = get64(data + 32);
	reply->transmit = get64(data + 40);
	return true;
}

uint64_t
ntp_timestamp(const struct timespec *ts)
{
	uint64_t seconds = (uint64_t)ts->tv_sec + UNIX_EPOCH;

	return seconds << 32 | ((uint64_t)ts->tv_nsec << 32) / (uint64_t)NS_PER_SECOND;
}

/* a - b in seconds; the subtraction modulo 2^64 makes the era irrelevant. */
static double
difference_s(uint64_t a, uint64_t b)
{
	return (double)(int64_t)(a - b) / 4294967296.0;
}

double
ntp_offset_s(uint64_t t1, uint64_t t2, uint64_t t3, uint64_t t4)
{
	return (difference_s(t2, t1) + difference_s(t3, t4)) / 2;
}

static const char *
kiss_text(const char *code)
{
	for (size_t i = 0; i < sizeof(kiss_texts) / sizeof(kiss_texts[0]); i++)
		if (strcmp(kiss_texts[i].code, code) == 0)
			return kiss_texts[i].text;
	return "refuses";
}

/* What makes any reply worthless, whatever the configuration says. */
static bool
reply_is_sound(const struct ntp_args *args, const struct ntp_reply *reply, const char *server, struct result *result)
{
	if (reply->mode != MODE_SERVER)
		result_fail(result, REASON_PROTOCOL, "%s: answer has mode %u, not 4 (server)", server, reply->mode);
	else if (reply->version != args->version)
		result_fail(result, REASON_PROTOCOL, "%s: answer has version %u, not %d", server, reply->version,
		    (int)args->version);
	else if (reply->stratum == 0)
		result_fail(result, REASON_UNSYNCHRONISED, "%s: kiss-o'-death %s: the server %s", server, reply->kiss,
		    kiss_text(reply->kiss));
	else if (reply->leap == LEAP_UNSYNCHRONISED)
		result_fail(result, REASON_UNSYNCHRONISED, "%s: the server is not synchronised (leap indicator 3, stratum %u)",
		    server, reply->stratum);
	else if (reply->stratum > STRATUM_MAX)
		result_fail(result, REASON_UNSYNCHRONISED, "%s: the server is not synchronised (stratum %u)", server,
		    reply->stratum);
	else if (reply->transmit == 0 || reply->receive == 0)
		result_fail(result, REASON_PROTOCOL, "%s: answer without a %s timestamp", server,
		    reply->transmit == 0 ? "transmit" : "receive");
	else
		return true;
	return false;
}

void
ntp_reply_judge(const struct ntp_args *args, const struct ntp_reply *reply, uint64_t sent, uint64_t received,
    const char *server, struct result *result)
{
	double offset_s = ntp_offset_s(sent, reply->receive, reply->transmit, received);

	if (!reply_is_sound(args, reply, server, result))
		return;
	if (args->max_stratum != OPTION_UNSET && reply->stratum > args->max_stratum)
		result_fail(result, REASON_STRATUM, "%s: stratum %u is above %d", server, reply->stratum,
		    (int)args->max_stratum);
	else if (!isnan(args->max_root_dispersion_s) && reply->root_dispersion_s > args->max_root_dispersion_s)
		result_fail(result, REASON_OFFSET, "%s: root dispersion %.6f s is above %g s", server,
		    reply->root_dispersion_s, args->max_root_dispersion_s);
	else if (!isnan(args->max_offset_s) && fabs(offset_s) > args->max_offset_s)
		result_fail(result, REASON_OFFSET, "%s: offset %+.6f s is beyond %g s", server, offset_s,
		    args->max_offset_s);
	else
		result_pass(result, "%s: stratum %u, offset %+.6f s, root delay %.6f s, root dispersion %.6f s", server,
		    reply->stratum, offset_s, reply->root_delay_s, reply->root_dispersion_s);
}
