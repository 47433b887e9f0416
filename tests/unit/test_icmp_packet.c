/*
 * ICMP packets: requests, replies and quoted requests of both families, cut at every length, and the
 * verdict on round trips.
 */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../common/monotime.h"
#include "../../workers/icmp_packet.h"
#include "../../workers/icmp_verdict.h"
#include "unit.h"

#define MS NS_PER_MILLISECOND

static const uint8_t nonce[ICMP_NONCE_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static uint8_t packet[256];
static struct icmp_echo echo;
static int error;

/* RFC 1071, written differently from the code under test: end-around carry is arithmetic modulo 65535. */
static unsigned
sum(const uint8_t *data, size_t length)
{
	unsigned total = 0;

	for (size_t i = 0; i < length; i++)
		total = (total + (i % 2 == 0 ? (unsigned)data[i] << 8 : data[i])) % 65535;
	return total;
}

START_TEST(request_v4)
{
	static const uint8_t head[] = {8, 0};

	ck_assert_uint_eq(icmp_request_build(packet, AF_INET, 0x1234, 0xfedc, nonce, 57), 65);
	ck_assert_mem_eq(packet, head, 2);
	ck_assert_uint_eq(packet[4] << 8 | packet[5], 0x1234);
	ck_assert_uint_eq(packet[6] << 8 | packet[7], 0xfedc);
	ck_assert_mem_eq(packet + 8, nonce, sizeof(nonce));
	ck_assert_uint_eq(sum(packet, 65), 0); /* all ones: the checksum is right */
	ck_assert(icmp_quote_parse(AF_INET, packet, 65, &echo));
	ck_assert(icmp_nonce_equal(&echo, nonce, 57, false));
}
END_TEST

START_TEST(request_v6)
{
	ck_assert_uint_eq(icmp_request_build(packet, AF_INET6, 7, 9, nonce, 4), 12);
	ck_assert_uint_eq(packet[0], 128);
	ck_assert_uint_eq(packet[2] << 8 | packet[3], 0); /* the kernel's */
	ck_assert(icmp_quote_parse(AF_INET6, packet, 12, &echo));
	ck_assert_uint_eq(echo.id, 7);
	ck_assert_uint_eq(echo.sequence, 9);
	ck_assert(icmp_nonce_equal(&echo, nonce, 4, false));
	ck_assert(!icmp_quote_parse(AF_INET, packet, 12, &echo));
}
END_TEST

START_TEST(nonce_must_match)
{
	icmp_request_build(packet, AF_INET6, 7, 9, nonce, 56);
	ck_assert(icmp_quote_parse(AF_INET6, packet, 64, &echo));
	packet[8 + 15] ^= 1;
	ck_assert(!icmp_nonce_equal(&echo, nonce, 56, false));
	packet[8 + 15] ^= 1;
	echo.payload_length = 15;
	ck_assert(!icmp_nonce_equal(&echo, nonce, 56, false)); /* a reply must be whole */
	ck_assert(icmp_nonce_equal(&echo, nonce, 56, true));   /* a quotation need not */
	packet[8] ^= 1;
	ck_assert(!icmp_nonce_equal(&echo, nonce, 56, true));
	echo.payload_length = 0;
	ck_assert(icmp_nonce_equal(&echo, nonce, 0, false));
}
END_TEST

/* An IPv4 header of `words` 32-bit words for ICMP. */
static size_t
ipv4(uint8_t *p, size_t words)
{
	memset(p, 0, words * 4);
	p[0] = (uint8_t)(0x40 | words);
	p[9] = 1;
	return words * 4;
}

static void
seal(uint8_t *icmp, size_t length)
{
	unsigned value;

	icmp[2] = icmp[3] = 0;
	value = 65535 - sum(icmp, length);
	icmp[2] = (uint8_t)(value >> 8);
	icmp[3] = (uint8_t)value;
}

START_TEST(reply_v4)
{
	/* With and without IP options; every cut is refused. */
	for (size_t words = 5; words <= 15; words += 5) {
		size_t header = ipv4(packet, words), length;

		length = header + icmp_request_build(packet + header, AF_INET, 7, 9, nonce, 17);
		ck_assert_int_eq(icmp_parse(AF_INET, true, packet, length, &echo, &error), ICMP_KIND_OTHER);
		packet[header] = 0;
		seal(packet + header, length - header);
		ck_assert_int_eq(icmp_parse(AF_INET, true, packet, length, &echo, &error), ICMP_KIND_REPLY);
		ck_assert_uint_eq(echo.id, 7);
		ck_assert_uint_eq(echo.sequence, 9);
		ck_assert(icmp_nonce_equal(&echo, nonce, 17, false));
		ck_assert_int_eq(icmp_parse(AF_INET, false, packet + header, length - header, &echo, &error),
		    ICMP_KIND_REPLY);
		for (size_t cut = 0; cut < header + ICMP_HEADER_SIZE; cut++)
			ck_assert_int_eq(icmp_parse(AF_INET, true, packet, cut, &echo, &error), ICMP_KIND_OTHER);
		packet[length - 1] ^= 0x40; /* damaged on the way */
		ck_assert_int_eq(icmp_parse(AF_INET, true, packet, length, &echo, &error), ICMP_KIND_OTHER);
	}
}
END_TEST

START_TEST(hostile_ipv4_headers)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {{0, 0x65}, {0, 0x44}, {0, 0x4f}, {9, 17}, {7, 1}, {6, 0x20 | 1}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		ipv4(packet, 5);
		icmp_request_build(packet + 20, AF_INET, 7, 9, nonce, 16);
		packet[20] = 0;
		seal(packet + 20, 24);
		ck_assert_int_eq(icmp_parse(AF_INET, true, packet, 44, &echo, &error), ICMP_KIND_REPLY);
		packet[rows[i].at] = rows[i].value;
		ck_assert_int_eq(icmp_parse(AF_INET, true, packet, 44, &echo, &error), ICMP_KIND_OTHER);
	}
}
END_TEST

START_TEST(error_v4)
{
	size_t outer = ipv4(packet, 5), inner = outer + ICMP_HEADER_SIZE, quoted, length;
	const uint8_t *end;

	memset(packet + outer, 0, ICMP_HEADER_SIZE);
	packet[outer] = 3;
	packet[outer + 1] = 1;
	quoted = inner + ipv4(packet + inner, 6);
	length = quoted + icmp_request_build(packet + quoted, AF_INET, 7, 9, nonce, 16);
	for (size_t cut = 0; cut <= length; cut++) {
		uint8_t *exact = malloc(cut > 0 ? cut : 1); /* so that tools see a read beyond the end */

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, packet, cut);
		if (cut >= outer + ICMP_HEADER_SIZE)
			seal(exact + outer, cut - outer);
		end = exact + cut;
		if (cut < quoted + ICMP_HEADER_SIZE) {
			ck_assert_int_eq(icmp_parse(AF_INET, true, exact, cut, &echo, &error), ICMP_KIND_OTHER);
		} else {
			ck_assert_int_eq(icmp_parse(AF_INET, true, exact, cut, &echo, &error), ICMP_KIND_ERROR);
			ck_assert_int_eq(error, EHOSTUNREACH);
			ck_assert_uint_eq(echo.sequence, 9);
			ck_assert(icmp_nonce_equal(&echo, nonce, 16, true));
			ck_assert_ptr_eq(echo.payload + echo.payload_length, end);
		}
		free(exact);
	}
}
END_TEST

START_TEST(error_v6)
{
	size_t length = ICMP_HEADER_SIZE + 40;

	memset(packet, 0, length);
	packet[0] = 2; /* packet too big */
	packet[8] = 0x60;
	packet[8 + 6] = 58;
	length += icmp_request_build(packet + length, AF_INET6, 7, 9, nonce, 16);
	ck_assert_int_eq(icmp_parse(AF_INET6, false, packet, length, &echo, &error), ICMP_KIND_ERROR);
	ck_assert_int_eq(error, EMSGSIZE);
	ck_assert_uint_eq(echo.id, 7);
	for (size_t cut = 0; cut < ICMP_HEADER_SIZE + 40 + ICMP_HEADER_SIZE; cut++)
		ck_assert_int_eq(icmp_parse(AF_INET6, false, packet, cut, &echo, &error), ICMP_KIND_OTHER);
	packet[8 + 6] = 17; /* somebody else's */
	ck_assert_int_eq(icmp_parse(AF_INET6, false, packet, length, &echo, &error), ICMP_KIND_OTHER);
}
END_TEST

START_TEST(error_codes)
{
	ck_assert_int_eq(icmp_errno(AF_INET, 3, 0), ENETUNREACH);
	ck_assert_int_eq(icmp_errno(AF_INET, 3, 4), EMSGSIZE);
	ck_assert_int_eq(icmp_errno(AF_INET, 3, 13), EHOSTUNREACH);
	ck_assert_int_eq(icmp_errno(AF_INET, 11, 0), EHOSTUNREACH);
	ck_assert_int_eq(icmp_errno(AF_INET, 5, 0), 0); /* a redirect ends nothing */
	ck_assert_int_eq(icmp_errno(AF_INET6, 1, 0), ENETUNREACH);
	ck_assert_int_eq(icmp_errno(AF_INET6, 3, 0), EHOSTUNREACH);
	ck_assert_int_eq(icmp_errno(AF_INET6, 135, 0), 0);
}
END_TEST

static const struct {
	int64_t rtts_ns[4];
	int64_t max_loss;
	double max_latency_ms, max_jitter_ms;
	int error;
	enum reason reason;
	const char *text;
} verdicts[] = {
    {{MS, MS, MS, MS}, 0, NAN, NAN, 0, REASON_OK, "4 of 4 answered, mean 1.000 ms, highest 1.000 ms, jitter 0.000 ms"},
    {{MS, 2 * MS, 4 * MS, MS}, 0, 4, 2, 0, REASON_OK, "mean 2.000 ms, highest 4.000 ms, jitter 2.000 ms"},
    {{MS, 2 * MS, 4 * MS, MS}, 0, 3.999, NAN, 0, REASON_LATENCY, "4.000 ms is above 3.999 ms"},
    {{MS, 2 * MS, 4 * MS, MS}, 0, NAN, 1.999, 0, REASON_JITTER, "jitter 2.000 ms is above 1.999 ms"},
    {{MS, -1, 4 * MS, MS}, 0, NAN, NAN, 0, REASON_LOSS, "1 of 4 packets lost, at most 0 allowed"},
    {{MS, -1, 4 * MS, -2}, 1, NAN, NAN, 0, REASON_LOSS, "2 of 4 packets lost, at most 1 allowed"},
    {{MS, -1, 4 * MS, -2}, 2, NAN, 3, 0, REASON_OK, "2 of 4 answered"}, /* jitter over what was answered */
    {{MS, -1, 4 * MS, -2}, 2, NAN, 2.9, 0, REASON_JITTER, "jitter 3.000 ms"},
    {{-1, -1, 4 * MS, -1}, 3, NAN, 0.001, 0, REASON_OK, "1 of 4 answered"},
    {{-1, -1, -1, -1}, 3, NAN, NAN, EHOSTUNREACH, REASON_UNREACHABLE, "No route to host, says 192.0.2.9; 4 of 4"},
    {{-1, -1, -1, -1}, 0, NAN, NAN, EMSGSIZE, REASON_UNREACHABLE, "packet too big for the path"},
};

START_TEST(verdict)
{
	struct icmp_args args = {.count = 4};
	struct icmp_outcome outcome = {.name = "192.0.2.1", .rtts_ns = verdicts[_i].rtts_ns, .error = verdicts[_i].error};
	struct result result;

	ck_assert(address_parse("192.0.2.9", &outcome.reporter));
	args.max_loss = verdicts[_i].max_loss;
	args.max_latency_ms = verdicts[_i].max_latency_ms;
	args.max_jitter_ms = verdicts[_i].max_jitter_ms;
	icmp_judge(&args, &outcome, &result);
	ck_assert_int_eq(result.reason, verdicts[_i].reason);
	ck_assert_int_eq(result.code, verdicts[_i].reason == REASON_OK ? RESULT_PASS : RESULT_FAIL);
	ck_assert_msg(strstr(result.text, verdicts[_i].text) != NULL, "\"%s\" lacks \"%s\"", result.text,
	    verdicts[_i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("icmp packet");
	TCase *tcase = unit_case(suite, "icmp packet");

	tcase_add_test(tcase, request_v4);
	tcase_add_test(tcase, request_v6);
	tcase_add_test(tcase, nonce_must_match);
	tcase_add_test(tcase, reply_v4);
	tcase_add_test(tcase, hostile_ipv4_headers);
	tcase_add_test(tcase, error_v4);
	tcase_add_test(tcase, error_v6);
	tcase_add_test(tcase, error_codes);
	tcase_add_loop_test(tcase, verdict, 0, COUNT(verdicts));
	return unit_run(suite);
}
