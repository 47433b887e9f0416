/*
 * NTP replies: bytes 0 to 7 are the check's arguments, then our two clock readings, then the packet.
 * A packet that passes keeps every promise of the arguments.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../workers/ntp_packet.h"
#include "fuzz.h"

static uint64_t
number(struct fuzz_input *input)
{
	uint64_t value = 0;

	for (size_t i = 0; i < sizeof(value); i++)
		value = value << 8 | fuzz_byte(input);
	return value;
}

static struct ntp_args
arguments(struct fuzz_input *input)
{
	static const double offsets_s[] = {NAN, 0.000001, 0.5, 4294967295.0};
	uint8_t choice = fuzz_byte(input), stratum = fuzz_byte(input) % 17;

	return (struct ntp_args){
	    .version = 2 + choice % 3,
	    .max_offset_s = offsets_s[choice >> 2 & 3],
	    .max_root_dispersion_s = offsets_s[choice >> 4 & 3],
	    .max_stratum = stratum == 16 ? OPTION_UNSET : stratum,
	};
}

static void
reply_is_readable(const struct ntp_reply *reply)
{
	FUZZ_ASSERT(reply->leap < 4 && reply->version < 8 && reply->mode < 8 && reply->stratum < 256);
	FUZZ_ASSERT(reply->root_delay_s >= 0 && reply->root_delay_s < 65536);
	FUZZ_ASSERT(reply->root_dispersion_s >= 0 && reply->root_dispersion_s < 65536);
	fuzz_assert_ascii(reply->kiss, sizeof(reply->kiss));
	FUZZ_ASSERT(strlen(reply->kiss) == 4);
}

static void
pass_is_deserved(const struct ntp_args *args, const struct ntp_reply *reply, double offset_s)
{
	FUZZ_ASSERT(reply->mode == 4 && reply->version == args->version && reply->leap != 3);
	FUZZ_ASSERT(reply->stratum >= 1 && reply->stratum <= 15);
	FUZZ_ASSERT(args->max_stratum == OPTION_UNSET || reply->stratum <= args->max_stratum);
	FUZZ_ASSERT(isnan(args->max_offset_s) || fabs(offset_s) <= args->max_offset_s);
	FUZZ_ASSERT(isnan(args->max_root_dispersion_s) || reply->root_dispersion_s <= args->max_root_dispersion_s);
}

/* What we send comes back from a server that returns it as it is. */
static void
request_is_readable(unsigned version, uint64_t nonce)
{
	uint8_t packet[NTP_PACKET_SIZE];
	struct ntp_reply reply;

	ntp_request_build(packet, version, nonce);
	FUZZ_ASSERT(ntp_reply_parse(packet, sizeof(packet), &reply));
	FUZZ_ASSERT(reply.mode == 3 && reply.version == version && reply.transmit == nonce && reply.origin == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	struct ntp_args args = arguments(&input);
	uint64_t sent = number(&input), received = number(&input);
	struct ntp_reply reply;
	struct result result = {.code = RESULT_CODES};
	double offset_s;

	request_is_readable((unsigned)args.version, sent);
	FUZZ_ASSERT(ntp_reply_parse(input.data, input.left, &reply) == (input.left >= NTP_PACKET_SIZE));
	if (input.left < NTP_PACKET_SIZE)
		return 0;
	reply_is_readable(&reply);
	offset_s = ntp_offset_s(sent, reply.receive, reply.transmit, received);
	FUZZ_ASSERT(fabs(offset_s) <= 2147483648.0);
	ntp_reply_judge(&args, &reply, sent, received, "192.0.2.1 port 123", &result);
	fuzz_assert_result(&result);
	if (result.code == RESULT_PASS)
		pass_is_deserved(&args, &reply, offset_s);
	return 0;
}
