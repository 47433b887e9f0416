/*
 * DNS answers: four bytes are the check's arguments, then the message. Half of the inputs get the query's id
 * and question put in front, so that they are judged. A message that passes keeps every promise of the
 * arguments.
 */
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "../../common/option.h"
#include "../../workers/dns_answer.h"
#include "fuzz.h"

#define HEADER_SIZE 12
#define ID 0xbeef

/* Arrays, for arguments are text that may be changed. */
static char types[][12] = {"SOA", "A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SRV", "TXT", "CAA", "TYPE65280",
    "RRSIG", "NSEC3", "LOC", "SVCB"};
static char names[][32] = {"example.test", ".", "a.b.c.d.e.f.example.test.", "\\000\\255.x", "1.0.0.127.in-addr.arpa",
    "*.example.test", "EXAMPLE.test", "_sip._tcp.example.test"};
static char patterns[][16] = {"", "192\\.", ".*\\.test\\.$", "(?i)\"?v=spf", "[0-9]+ mail", "(a|b)*c", "$",
    "\\S+\\s+\\S+"};
static char rcode_names[][12] = {"NXDOMAIN", "NOERROR", "BADVERS"};
static char *rcodes[] = {rcode_names[0], rcode_names[1], rcode_names[2]};

static struct dns_args
arguments(struct fuzz_input *input)
{
	uint8_t flags = fuzz_byte(input), counts = fuzz_byte(input);

	return (struct dns_args){
	    .query_type = types[fuzz_byte(input) % (sizeof(types) / sizeof(types[0]))],
	    .query = names[counts >> 4 & 7],
	    .require_resolve = (flags & 1) != 0,
	    .authoritative = (flags & 2) != 0,
	    .dnssec = (flags & 4) != 0,
	    .nsid = (flags & 8) != 0,
	    .min_answers = (counts & 3) != 0 ? counts & 3 : OPTION_UNSET,
	    .rcode = {.count = flags >> 6, .items = rcodes},
	};
}

/* The message, malloc'd: as it is, or as an answer to the query. */
static uint8_t *
message_build(struct fuzz_input *input, bool ours, const struct dns_query *query, size_t *length)
{
	size_t header_length, rest_length;
	const uint8_t *header = fuzz_bytes(input, HEADER_SIZE, &header_length);
	const uint8_t *rest = fuzz_bytes(input, SIZE_MAX, &rest_length);
	uint8_t *message;

	if (!ours || header_length < HEADER_SIZE) {
		*length = header_length + rest_length;
		return fuzz_copy(header, *length);
	}
	*length = HEADER_SIZE + query->question_length + rest_length;
	message = malloc(*length);
	FUZZ_ASSERT(message != NULL);
	memcpy(message, header, HEADER_SIZE);
	memcpy(message, query->wire, 2);
	message[2] = (message[2] | 0x80) & 0x87;
	memcpy(message + 4, "\0\1", 2);
	memcpy(message + HEADER_SIZE, query->wire + HEADER_SIZE, query->question_length);
	if (rest_length > 0)
		memcpy(message + HEADER_SIZE + query->question_length, rest, rest_length);
	return message;
}

static void
pass_is_deserved(const struct dns_args *args, bool response, const uint8_t *message)
{
	unsigned records = (unsigned)message[6] << 8 | message[7];

	FUZZ_ASSERT(!args->authoritative || (message[2] & 0x04) != 0);
	FUZZ_ASSERT(!args->dnssec || (message[3] & 0x20) != 0);
	FUZZ_ASSERT(args->rcode.count > 0 || !args->require_resolve || (message[3] & 0x0f) == LDNS_RCODE_NOERROR);
	FUZZ_ASSERT(args->min_answers == OPTION_UNSET || (int64_t)records >= args->min_answers);
	FUZZ_ASSERT(records > 0 || !(response || (args->require_resolve && (message[3] & 0x0f) == 0)));
}

static void
judge(const struct dns_args *args, struct pattern *response, const uint8_t *message, size_t length)
{
	struct result result = {.code = RESULT_CODES}, again = {.code = RESULT_CODES};

	dns_answer_judge(args, response, message, length, "192.0.2.53 port 53", &result);
	fuzz_assert_result(&result);
	if (result.code == RESULT_PASS)
		pass_is_deserved(args, response != NULL, message);
	dns_answer_judge(args, response, message, length, "192.0.2.53 port 53", &again);
	FUZZ_ASSERT(result.code == again.code && strcmp(result.text, again.text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	char error[OPTION_ERROR_SIZE];
	struct dns_args args = arguments(&input);
	uint8_t choice = fuzz_byte(&input);
	struct pattern *response = NULL;
	struct dns_query query;
	uint8_t *message;
	size_t length;
	enum dns_kind kind;

	if ((choice & 7) != 0) {
		args.response = patterns[choice & 7];
		FUZZ_ASSERT((response = pattern_compile(args.response, error)) != NULL);
	}
	FUZZ_ASSERT(dns_query_build(&args, &query, error));
	dns_query_set_id(&query, ID);
	FUZZ_ASSERT(dns_classify(&query, query.wire, query.length) == DNS_FOREIGN);
	message = message_build(&input, (choice & 0x80) != 0, &query, &length);
	kind = dns_classify(&query, message, length);
	FUZZ_ASSERT(kind == DNS_FOREIGN || (length >= 2 && message[0] == ID >> 8 && message[1] == (ID & 0xff)));
	if (kind == DNS_ANSWER || kind == DNS_TRUNCATED)
		judge(&args, response, message, length);
	free(message);
	pattern_free(response);
	return 0;
}
