/*
 * NTP packets: the request's bytes, reading replies, the offset across the era change, and each verdict.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "../../workers/ntp_packet.h"
#include "unit.h"

#define SECOND (1ULL << 32)
#define T0 (3900000000ULL << 32) /* in 2023 */

static struct ntp_args args;
static uint8_t packet[NTP_PACKET_SIZE];
static struct result result;

static void
put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void
put64(uint8_t *p, uint64_t value)
{
	put32(p, (uint32_t)(value >> 32));
	put32(p + 4, (uint32_t)value);
}

/* A sound reply: stratum 2, version 3, root dispersion 0.5 s, received and sent by the server at T0. */
static void
setup(void)
{
	args = (struct ntp_args){
	    .version = 3, .max_offset_s = NAN, .max_stratum = OPTION_UNSET, .max_root_dispersion_s = NAN};
	memset(packet, 0, sizeof(packet));
	packet[0] = 0 << 6 | 3 << 3 | 4;
	packet[1] = 2;
	put32(packet + 4, 0x00018000);
	put32(packet + 8, 0x00008000);
	memcpy(packet + 12, "GPS", 3);
	put64(packet + 24, 0x0123456789abcdefULL);
	put64(packet + 32, T0);
	put64(packet + 40, T0);
}

static void
judge(uint64_t sent, uint64_t received)
{
	struct ntp_reply reply;

	ck_assert(ntp_reply_parse(packet, sizeof(packet), &reply));
	ntp_reply_judge(&args, &reply, sent, received, "192.0.2.1 port 123", &result);
}

static void
expect(enum result_code code, enum reason reason, const char *text)
{
	judge(T0, T0);
	ck_assert_int_eq(result.code, code);
	ck_assert_int_eq(result.reason, reason);
	ck_assert_msg(strstr(result.text, text) != NULL, "\"%s\" lacks \"%s\"", result.text, text);
}

START_TEST(request)
{
	uint8_t expected[NTP_PACKET_SIZE] = {4 << 3 | 3};

	put64(expected + 40, 0x1122334455667788ULL);
	memset(packet, 0xff, sizeof(packet));
	ntp_request_build(packet, 4, 0x1122334455667788ULL);
	ck_assert_mem_eq(packet, expected, sizeof(packet));
	ntp_request_build(packet, 2, 1);
	ck_assert_uint_eq(packet[0], 0x13);
}
END_TEST

START_TEST(reply_fields)
{
	struct ntp_reply reply;

	packet[0] = 2 << 6 | 4 << 3 | 5;
	ck_assert(ntp_reply_parse(packet, sizeof(packet), &reply));
	ck_assert_uint_eq(reply.leap, 2);
	ck_assert_uint_eq(reply.version, 4);
	ck_assert_uint_eq(reply.mode, 5);
	ck_assert_uint_eq(reply.stratum, 2);
	ck_assert_double_eq(reply.root_delay_s, 1.5);
	ck_assert_double_eq(reply.root_dispersion_s, 0.5);
	ck_assert_str_eq(reply.kiss, "GPS?");
	ck_assert_uint_eq(reply.origin, 0x0123456789abcdefULL);
	ck_assert_uint_eq(reply.receive, T0);
	for (size_t length = 0; length < NTP_PACKET_SIZE; length++)
		ck_assert(!ntp_reply_parse(packet, length, &reply));
}
END_TEST

START_TEST(timestamps)
{
	const struct timespec epoch = {0, 0}, half = {1, 500000000}, last = {2085978495, 999999999},
			      era1 = {2085978496, 250000000};

	ck_assert_uint_eq(ntp_timestamp(&epoch), 2208988800ULL << 32);
	ck_assert_uint_eq(ntp_timestamp(&half), 2208988801ULL << 32 | 0x80000000);
	ck_assert_uint_eq(ntp_timestamp(&last) >> 32, 0xffffffff); /* 2036-02-07 06:28:15 */
	ck_assert_uint_eq(ntp_timestamp(&era1), 0x40000000); /* a second later: era 1 */
}
END_TEST

START_TEST(offset)
{
	/* The server's clock is 10 s ahead; 1 s there, 1 s at the server, 3 s back: the asymmetry costs 1 s. */
	ck_assert_double_eq(ntp_offset_s(T0, T0 + 11 * SECOND, T0 + 12 * SECOND, T0 + 5 * SECOND), 9);
	ck_assert_double_eq(ntp_offset_s(T0, T0 - SECOND / 2, T0 - SECOND / 2, T0), -0.5);
	/* Clocks on both sides of the era change. */
	ck_assert_double_eq(ntp_offset_s(0ULL - SECOND, SECOND, SECOND, 0ULL - SECOND), 2);
	ck_assert_double_eq(ntp_offset_s(SECOND, 0ULL - SECOND, 0ULL - SECOND, SECOND), -2);
	/* 60 years apart does not overflow. */
	ck_assert_double_eq(ntp_offset_s(T0, T0 + 1893456000 * SECOND, T0 + 1893456000 * SECOND, T0), 1893456000);
}
END_TEST

START_TEST(sound_reply_passes)
{
	expect(RESULT_PASS, REASON_OK, "stratum 2, offset +0.000000 s");
}
END_TEST

START_TEST(worthless_replies_fail)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum reason reason;
		const char *text;
	} rows[] = {
	    {0, 3 << 3 | 3, REASON_PROTOCOL, "mode 3"},
	    {0, 4 << 3 | 4, REASON_PROTOCOL, "version 4, not 3"},
	    {0, 3 << 6 | 3 << 3 | 4, REASON_UNSYNCHRONISED, "leap indicator 3"},
	    {1, 0, REASON_UNSYNCHRONISED, "kiss-o'-death GPS?"},
	    {1, 16, REASON_UNSYNCHRONISED, "stratum 16"},
	    {1, 255, REASON_UNSYNCHRONISED, "stratum 255"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		setup();
		packet[rows[i].at] = rows[i].value;
		expect(RESULT_FAIL, rows[i].reason, rows[i].text);
	}
	setup();
	put64(packet + 40, 0);
	expect(RESULT_FAIL, REASON_PROTOCOL, "transmit");
	setup();
	put64(packet + 32, 0);
	expect(RESULT_FAIL, REASON_PROTOCOL, "receive");
	setup();
	packet[0] = 3 << 6 | 3 << 3 | 4;
	packet[1] = 0;
	memcpy(packet + 12, "RATE", 4);
	expect(RESULT_FAIL, REASON_UNSYNCHRONISED, "kiss-o'-death RATE: the server asks for fewer requests");
}
END_TEST

START_TEST(limits)
{
	args.max_stratum = 2;
	args.max_root_dispersion_s = 0.5;
	args.max_offset_s = 1;
	expect(RESULT_PASS, REASON_OK, "stratum 2"); /* equal is within */
	judge(T0 - SECOND, T0 - SECOND);
	ck_assert_int_eq(result.code, RESULT_PASS);
	judge(T0 - SECOND - SECOND / 4, T0 - SECOND - SECOND / 4);
	ck_assert_int_eq(result.reason, REASON_OFFSET);
	ck_assert_ptr_nonnull(strstr(result.text, "offset +1.250000 s is beyond 1 s"));
	judge(T0 + 2 * SECOND, T0 + 2 * SECOND);
	ck_assert_int_eq(result.reason, REASON_OFFSET);
	ck_assert_ptr_nonnull(strstr(result.text, "offset -2.000000 s"));
	args.max_stratum = 1;
	expect(RESULT_FAIL, REASON_STRATUM, "stratum 2 is above 1");
	args.max_stratum = 0; /* a value: nothing is good enough */
	expect(RESULT_FAIL, REASON_STRATUM, "above 0");
	args.max_stratum = OPTION_UNSET;
	args.max_root_dispersion_s = 0.4;
	expect(RESULT_FAIL, REASON_OFFSET, "root dispersion 0.500000 s is above 0.4 s");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ntp packet");
	TCase *tcase = unit_case(suite, "ntp packet");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, request);
	tcase_add_test(tcase, reply_fields);
	tcase_add_test(tcase, timestamps);
	tcase_add_test(tcase, offset);
	tcase_add_test(tcase, sound_reply_passes);
	tcase_add_test(tcase, worthless_replies_fail);
	tcase_add_test(tcase, limits);
	return unit_run(suite);
}
