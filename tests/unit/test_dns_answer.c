/*
 * DNS messages: the query's wire form, which messages are its answer, and the verdict on answers. The
 * messages are written byte by byte, independently of ldns.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../workers/dns_answer.h"
#include "unit.h"

#define A 1
#define CNAME 5
#define MX 15
#define TXT 16

static struct dns_args args;
static struct dns_query query;
static struct result result;
static uint8_t message[2048];
static size_t length;
static char name[] = "www.example.test", type_a[] = "A", type_mx[] = "MX", type_txt[] = "TXT", type_cname[] = "CNAME",
	    type_any[] = "ANY";

static void
put(const void *data, size_t size)
{
	memcpy(message + length, data, size);
	length += size;
}

static void
put16(unsigned value)
{
	const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(bytes, 2);
}

static void
build_query(char *type)
{
	char error[OPTION_ERROR_SIZE];

	args.query_type = type;
	ck_assert_msg(dns_query_build(&args, &query, error), "%s", error);
	dns_query_set_id(&query, 0x1234);
}

/* Header and question of an answer to the query; records follow. */
static void
answer_begin(unsigned flags, unsigned records)
{
	length = 0;
	put16(0x1234);
	put16(flags);
	put16(1);
	put16(records);
	put16(0);
	put16(0);
	put(query.wire + 12, query.question_length);
}

static void
answer_record(unsigned type, const void *rdata, size_t size)
{
	put16(0xc00c); /* the question's name */
	put16(type);
	put16(1);
	put16(0);
	put16(60);
	put16((unsigned)size);
	put(rdata, size);
}

static void
setup(void)
{
	args = (struct dns_args){.query = name, .require_resolve = true, .min_answers = OPTION_UNSET};
	build_query(type_a);
}

static void
judge(void)
{
	char error[OPTION_ERROR_SIZE];
	struct pattern *response = NULL;

	if (args.response != NULL)
		ck_assert_ptr_nonnull(response = pattern_compile(args.response, error));
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_ANSWER);
	dns_answer_judge(&args, response, message, length, "192.0.2.53 port 53", &result);
	pattern_free(response);
}

static void
expect(enum result_code code, enum reason reason, const char *text)
{
	judge();
	ck_assert_msg(strstr(result.text, text) != NULL, "\"%s\" lacks \"%s\"", result.text, text);
	ck_assert_int_eq(result.code, code);
	ck_assert_int_eq(result.reason, reason);
}

static void
two_addresses(unsigned flags)
{
	answer_begin(flags, 2);
	answer_record(A, "\xc0\x00\x02\xfa", 4);
	answer_record(A, "\xc0\x00\x02\xfb", 4);
}

START_TEST(query_wire)
{
	static const uint8_t expected[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"
					  "\x03www\x07"
					  "example\x04test\x00\x00\x01\x00\x01"
					  "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";
	static const uint8_t nsid[] = "\x00\x04\x00\x03\x00\x00";

	ck_assert_uint_eq(query.length, sizeof(expected) - 1);
	ck_assert_mem_eq(query.wire, expected, query.length);
	args.nsid = true;
	args.dnssec = true;
	build_query(type_a);
	ck_assert_uint_eq(query.length, sizeof(expected) - 1 + 4);
	ck_assert_uint_eq(query.wire[3], 0x20); /* AD */
	ck_assert_mem_eq(query.wire + query.length - 6, nsid, 6);
}
END_TEST

START_TEST(query_refused)
{
	static char bad_name[] = "a..b", bad_type[] = "NOTATYPE";
	char error[OPTION_ERROR_SIZE];

	args.query = bad_name;
	ck_assert(!dns_query_build(&args, &query, error));
	ck_assert_ptr_nonnull(strstr(error, "a..b"));
	args.query = name;
	args.query_type = bad_type;
	ck_assert(!dns_query_build(&args, &query, error));
	ck_assert_ptr_nonnull(strstr(error, "NOTATYPE"));
}
END_TEST

START_TEST(classify)
{
	two_addresses(0x8180);
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_ANSWER);
	message[13] = 'W'; /* another case is the same name */
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_ANSWER);
	message[13] = 'x';
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_FOREIGN);
	message[13] = 'w';
	message[12 + query.question_length - 3] = 28; /* another type */
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_FOREIGN);
	two_addresses(0x8380);
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_TRUNCATED);
	two_addresses(0x0180); /* a query, perhaps our own */
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_FOREIGN);
	two_addresses(0xa980); /* an update */
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_FOREIGN);
	two_addresses(0x8180);
	message[1] ^= 1;
	ck_assert_int_eq(dns_classify(&query, message, length), DNS_FOREIGN);
}
END_TEST

START_TEST(classify_cut_short)
{
	two_addresses(0x8180);
	for (size_t cut = 0; cut <= length; cut++) {
		uint8_t *exact = malloc(cut > 0 ? cut : 1); /* so that tools see a read beyond the end */
		enum dns_kind kind;

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, message, cut);
		kind = dns_classify(&query, exact, cut);
		ck_assert_int_eq(kind,
		    cut < 2 ? DNS_FOREIGN : cut < 12 + query.question_length ? DNS_MALFORMED : DNS_ANSWER);
		if (kind == DNS_ANSWER && cut < length) {
			dns_answer_judge(&args, NULL, exact, cut, "s", &result);
			ck_assert_int_eq(result.code, RESULT_FAIL);
			ck_assert_int_eq(result.reason, REASON_PROTOCOL);
		}
		free(exact);
	}
}
END_TEST

START_TEST(error_without_question)
{
	static const struct {
		unsigned flags;
		enum dns_kind kind;
	} rows[] = {{0x8180, DNS_FOREIGN}, {0x8181, DNS_ANSWER}, {0x8182, DNS_ANSWER}, {0x8183, DNS_FOREIGN},
	    {0x8185, DNS_ANSWER}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		answer_begin(rows[i].flags, 0);
		message[5] = 0;
		ck_assert_int_eq(dns_classify(&query, message, 12), rows[i].kind);
	}
	answer_begin(0x8181, 0);
	message[5] = 0;
	length = 12;
	expect(RESULT_FAIL, REASON_RCODE, "FORMERR for www.example.test A");
}
END_TEST

START_TEST(response_pattern)
{
	static char whole[] = "^192\\.0\\.2\\.251$", start[] = "92\\.0", other[] = "10\\.";

	two_addresses(0x8180);
	expect(RESULT_PASS, REASON_OK, "NOERROR, 2 A records: 192.0.2.250");
	args.response = whole; /* any record may match */
	expect(RESULT_PASS, REASON_OK, "192.0.2.251");
	args.response = start; /* matched from the start only */
	expect(RESULT_FAIL, REASON_PATTERN, "none of 2 A records");
	args.response = other;
	expect(RESULT_FAIL, REASON_PATTERN, "first: 192.0.2.250");
}
END_TEST

START_TEST(response_text_by_type)
{
	static char mx[] = "^10 mail\\.example\\.test\\.$", mx_bare[] = "10 mail\\.example\\.test$",
		    txt[] = "\"hello world\" \"second\"$";

	build_query(type_mx);
	answer_begin(0x8180, 1);
	answer_record(MX, "\x00\x0a\x04mail\xc0\x10", 9);
	args.response = mx;
	expect(RESULT_PASS, REASON_OK, "1 MX record: 10 mail.example.test.");
	args.response = mx_bare; /* names match without their final dot, too */
	expect(RESULT_PASS, REASON_OK, "10 mail.example.test.");
	build_query(type_txt);
	answer_begin(0x8180, 1);
	answer_record(TXT, "\x0bhello world\x06second", 19);
	args.response = txt;
	expect(RESULT_PASS, REASON_OK, "\"hello world\" \"second\"");
}
END_TEST

/* alias CNAME, then the addresses behind it. */
START_TEST(alias_chain)
{
	answer_begin(0x8180, 2);
	answer_record(CNAME, "\x04real\xc0\x10", 7);
	answer_record(A, "\xc0\x00\x02\xfa", 4);
	expect(RESULT_PASS, REASON_OK, "1 A record: 192.0.2.250");
	answer_begin(0x8180, 1);
	answer_record(CNAME, "\x04real\xc0\x10", 7);
	expect(RESULT_FAIL, REASON_EMPTY, "no A record for www.example.test");
	build_query(type_cname);
	answer_begin(0x8180, 1);
	answer_record(CNAME, "\x04real\xc0\x10", 7);
	expect(RESULT_PASS, REASON_OK, "1 CNAME record: real.example.test.");
	build_query(type_any);
	answer_begin(0x8180, 2);
	answer_record(CNAME, "\x04real\xc0\x10", 7);
	answer_record(TXT, "\x01x", 2);
	expect(RESULT_PASS, REASON_OK, "2 ANY records");
}
END_TEST

START_TEST(response_codes)
{
	static char nxdomain[] = "NXDOMAIN", noerror[] = "NOERROR", servfail[] = "SERVFAIL";
	char *list[2] = {nxdomain, servfail};

	answer_begin(0x8183, 0);
	expect(RESULT_FAIL, REASON_RCODE, "NXDOMAIN for www.example.test A");
	args.require_resolve = false;
	expect(RESULT_PASS, REASON_OK, "NXDOMAIN");
	answer_begin(0x8182, 0);
	expect(RESULT_PASS, REASON_OK, "SERVFAIL");
	answer_begin(0x8180, 0);
	expect(RESULT_PASS, REASON_OK, "NOERROR, 0 A records");
	args.require_resolve = true;
	expect(RESULT_FAIL, REASON_EMPTY, "no A record");
	args.rcode = (struct string_list){2, list};
	expect(RESULT_FAIL, REASON_RCODE, "NOERROR");
	answer_begin(0x8183, 0);
	expect(RESULT_PASS, REASON_OK, "NXDOMAIN");
	list[0] = noerror;
	expect(RESULT_FAIL, REASON_RCODE, "NXDOMAIN");
	args.require_resolve = false; /* the list, once given, decides alone */
	expect(RESULT_FAIL, REASON_RCODE, "NXDOMAIN");
}
END_TEST

START_TEST(flags_and_counts)
{
	static char pattern[] = "192";

	two_addresses(0x8180);
	args.authoritative = true;
	expect(RESULT_FAIL, REASON_PROTOCOL, "not authoritative");
	two_addresses(0x8580);
	expect(RESULT_PASS, REASON_OK, "2 A records");
	args.dnssec = true;
	expect(RESULT_FAIL, REASON_PROTOCOL, "no AD bit");
	two_addresses(0x85a0);
	expect(RESULT_PASS, REASON_OK, "2 A records");
	args.min_answers = 2;
	expect(RESULT_PASS, REASON_OK, "2 A records");
	args.min_answers = 3;
	expect(RESULT_FAIL, REASON_EMPTY, "fewer than 3");
	/* none is enough where that is what is asked for */
	answer_begin(0x85a0, 0);
	expect(RESULT_FAIL, REASON_EMPTY, "fewer than 3");
	args.min_answers = 0;
	expect(RESULT_PASS, REASON_OK, "NOERROR, 0 A records");
	args.response = pattern;
	expect(RESULT_FAIL, REASON_EMPTY, "no A record");
}
END_TEST

START_TEST(extended_code_and_nsid)
{
	answer_begin(0x8180, 0);
	message[11] = 1;
	args.nsid = true;
	args.require_resolve = false;
	put("\x00\x00\x29\x04\xd0\x01\x00\x00\x00\x00\x09\x00\x03\x00\x05node1", 20); /* extended code 1: 16 */
	expect(RESULT_PASS, REASON_OK, "RCODE16, 0 A records, nsid node1");
	args.require_resolve = true;
	expect(RESULT_FAIL, REASON_RCODE, "RCODE16");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dns answer");
	TCase *tcase = unit_case(suite, "dns answer");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, query_wire);
	tcase_add_test(tcase, query_refused);
	tcase_add_test(tcase, classify);
	tcase_add_test(tcase, classify_cut_short);
	tcase_add_test(tcase, error_without_question);
	tcase_add_test(tcase, response_pattern);
	tcase_add_test(tcase, response_text_by_type);
	tcase_add_test(tcase, alias_chain);
	tcase_add_test(tcase, response_codes);
	tcase_add_test(tcase, flags_and_counts);
	tcase_add_test(tcase, extended_code_and_nsid);
	return unit_run(suite);
}
