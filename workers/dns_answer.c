/*
 * DNS messages. Pure. Invariant: nothing from the network is used before ldns has parsed the whole message
 * or its bounds were checked here.
 */
#include "dns_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "../common/dns_name.h"

#define HEADER_SIZE 12
#define OPT_SIZE 11 /* of an empty OPT record, RFC 6891 */
#define EDNS_NSID 3
#define EDNS_OPTION_HEADER 4u
#define QUERY_NSID_OPTION "\0\3\0\0" /* EDNS option 3 without data, RFC 5001 */

/* What is said of an answer, collected while its records are walked. */
struct answer {
	const struct dns_args *args;
	const char *server;
	ldns_pkt *packet;
	ldns_rr_type type;
	size_t count;	     /* records of the queried type */
	char first[128];     /* text of the first of them */
	char matched[128];   /* text of the record that matches args->response */
	bool match, limit;   /* a record matched; the pattern's limits were hit */
};

/* Without memory ldns leaves parts out and says nothing of it. */
static bool
wire_whole(const uint8_t *wire, size_t length, const ldns_rdf *name, bool nsid)
{
	size_t name_length = ldns_rdf_size(name);

	return length == HEADER_SIZE + name_length + 4 + OPT_SIZE + (nsid ? sizeof(QUERY_NSID_OPTION) - 1 : 0) &&
	    memcmp(wire + HEADER_SIZE, ldns_rdf_data(name), name_length) == 0;
}

/* name: in the packet. */
static bool
query_encode(ldns_pkt *packet, const ldns_rdf *name, const struct dns_args *args, struct dns_query *query)
{
	ldns_rdf *nsid = NULL;
	uint8_t *wire = NULL;
	size_t length;
	bool ok;

	ldns_pkt_set_edns_udp_size(packet, DNS_PAYLOAD_SIZE);
	if (args->nsid) {
		nsid = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, sizeof(QUERY_NSID_OPTION) - 1, QUERY_NSID_OPTION);
		if (nsid == NULL)
			return false;
		ldns_pkt_set_edns_data(packet, nsid); /* freed with the packet */
	}
	ldns_pkt_set_ad(packet, args->dnssec); /* RFC 6840, section 5.7: asks for the bit without DO */
	ok = ldns_pkt2wire(&wire, packet, &length) == LDNS_STATUS_OK && length <= sizeof(query->wire) &&
	    wire_whole(wire, length, name, args->nsid);
	if (ok) {
		memcpy(query->wire, wire, length);
		query->length = length;
	}
	free(wire);
	return ok;
}

bool
dns_query_build(const struct dns_args *args, struct dns_query *query, char *error)
{
	ldns_rr_type type = ldns_get_rr_type_by_name(args->query_type);
	ldns_rdf *name = NULL;
	ldns_pkt *packet;
	size_t name_length;
	bool ok;

	if (type == 0) {
		snprintf(error, OPTION_ERROR_SIZE, "query_type: %.40s is not a DNS record type", args->query_type);
		return false;
	}
	if (ldns_str2rdf_dname(&name, args->query) != LDNS_STATUS_OK) {
		snprintf(error, OPTION_ERROR_SIZE, "query: %.200s is not a domain name", args->query);
		return false;
	}
	name_length = ldns_rdf_size(name);
	if ((packet = ldns_pkt_query_new(name, type, LDNS_RR_CLASS_IN, LDNS_RD)) == NULL) {
		ldns_rdf_deep_free(name);
		snprintf(error, OPTION_ERROR_SIZE, "out of memory");
		return false;
	}
	ldns_pkt_set_id(packet, 0);
	ok = query_encode(packet, name, args, query);
	ldns_pkt_free(packet);
	query->question_length = name_length + 4;
	if (!ok)
		snprintf(error, OPTION_ERROR_SIZE, "query: %.200s cannot be encoded", args->query);
	return ok;
}

void
dns_query_set_id(struct dns_query *query, uint16_t id)
{
	query->wire[0] = (uint8_t)(id >> 8);
	query->wire[1] = (uint8_t)id;
}

/* Length bytes of labels are below 'A', so names can be compared as bytes; type and class exactly. */
static bool
question_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
	for (size_t i = 0; i < length - 4; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return memcmp(a + length - 4, b + length - 4, 4) == 0;
}

enum dns_kind
dns_classify(const struct dns_query *query, const uint8_t *data, size_t length)
{
	unsigned rcode, questions;

	if (length < 2 || memcmp(data, query->wire, 2) != 0)
		return DNS_FOREIGN;
	if (length < HEADER_SIZE)
		return DNS_MALFORMED;
	if ((data[2] & 0x80) == 0 || (data[2] & 0x78) != 0) /* QR, opcode */
		return DNS_FOREIGN;
	rcode = data[3] & 0xf;
	questions = (unsigned)data[4] << 8 | data[5];
	/* A server that could not read the question, or will not, may answer without it. */
	if (questions == 0 && rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN)
		return DNS_ANSWER;
	if (questions != 1)
		return DNS_FOREIGN;
	if (length < HEADER_SIZE + query->question_length)
		return DNS_MALFORMED;
	if (!question_equal(data + HEADER_SIZE, query->wire + HEADER_SIZE, query->question_length))
		return DNS_FOREIGN;
	return (data[2] & 0x02) != 0 ? DNS_TRUNCATED : DNS_ANSWER;
}

/* The record's data as in a zone file, malloc'd: "10 mail.example.", "\"text\"". */
static char *
rdata_text(const ldns_rr *rr)
{
	char *text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr), *rdata = text;

	if (text == NULL)
		return NULL;
	for (int field = 0; field < 4 && rdata != NULL; field++) /* owner, TTL, class, type */
		if ((rdata = strchr(rdata, '\t')) != NULL)
			rdata++;
	if (rdata == NULL)
		rdata = text + strlen(text);
	memmove(text, rdata, strlen(rdata) + 1);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/*
 * Patterns are matched from the start. A name matches with its final dot or without: a pattern that
 * ends in `example\.com$` means the name.
 */
static enum pattern_match
rdata_match(struct pattern *response, const char *text)
{
	size_t length = strlen(text);
	enum pattern_match match = pattern_match(response, text, length, true);

	if (match == PATTERN_NO_MATCH && length > 1 && text[length - 1] == '.')
		match = pattern_match(response, text, length - 1, true);
	return match;
}

static bool
answer_walk(struct answer *answer, struct pattern *response)
{
	ldns_rr_list *records = ldns_pkt_answer(answer->packet);

	for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(records, i);
		enum pattern_match match;
		char *text;

		if (answer->type != LDNS_RR_TYPE_ANY && ldns_rr_get_type(rr) != answer->type)
			continue;
		if ((text = rdata_text(rr)) == NULL)
			return false;
		if (answer->count++ == 0)
			snprintf(answer->first, sizeof(answer->first), "%s", text);
		match = response == NULL || answer->match ? PATTERN_NO_MATCH : rdata_match(response, text);
		if (match == PATTERN_MATCH)
			snprintf(answer->matched, sizeof(answer->matched), "%s", text);
		answer->match |= match == PATTERN_MATCH;
		answer->limit |= match == PATTERN_LIMIT;
		free(text);
	}
	return true;
}

static const char *
rcode_text(unsigned rcode, char text[static 16])
{
	const ldns_lookup_table *entry = ldns_lookup_by_id(ldns_rcodes, (int)rcode);

	if (entry != NULL)
		snprintf(text, 16, "%s", entry->name);
	else
		snprintf(text, 16, "RCODE%u", rcode);
	return text;
}

static bool
rcode_accepted(const struct dns_args *args, unsigned rcode)
{
	if (args->rcode.count == 0)
		return !args->require_resolve || rcode == LDNS_RCODE_NOERROR;
	for (size_t i = 0; i < args->rcode.count; i++)
		if (dns_rcode_number(args->rcode.items[i]) == (int)rcode)
			return true;
	return false;
}

/*
 * What an operator wants to see behind a pass: ", nsid x1.example" or nothing. Options are code, length and data
 * (RFC 6891, 6.1.2); ldns takes them apart from version 1.8 on only.
 */
static const char *
nsid_text(struct answer *answer, char *text, size_t size)
{
	ldns_rdf *options;
	const uint8_t *at;

	text[0] = '\0';
	if (!answer->args->nsid || (options = ldns_pkt_edns_data(answer->packet)) == NULL)
		return text;
	at = ldns_rdf_data(options);
	for (size_t left = ldns_rdf_size(options), length; left >= EDNS_OPTION_HEADER; left -= length, at += length) {
		length = EDNS_OPTION_HEADER + ldns_read_uint16(at + 2);
		if (length > left)
			break;
		if (ldns_read_uint16(at) == EDNS_NSID)
			snprintf(text, size, ", nsid %.*s", (int)(length - EDNS_OPTION_HEADER),
			    (const char *)at + EDNS_OPTION_HEADER);
	}
	return text;
}

/* The checks on the message's header. */
static bool
header_judge(struct answer *answer, unsigned rcode, const char *rcode_name, struct result *result)
{
	const struct dns_args *args = answer->args;

	if (!rcode_accepted(args, rcode))
		result_fail(result, REASON_RCODE, "%s: %s for %s %s", answer->server, rcode_name, args->query,
		    args->query_type);
	else if (args->authoritative && !ldns_pkt_aa(answer->packet))
		result_fail(result, REASON_PROTOCOL, "%s: the answer for %s %s is not authoritative", answer->server,
		    args->query, args->query_type);
	else if (args->dnssec && !ldns_pkt_ad(answer->packet))
		result_fail(result, REASON_PROTOCOL, "%s: the answer for %s %s is not validated (no AD bit)",
		    answer->server, args->query, args->query_type);
	else
		return true;
	return false;
}

/*
 * The checks on the answer section. A response code other than NOERROR that the configuration accepts
 * comes without records, so only NOERROR needs one, unless min_answers says how many are needed.
 */
static bool
records_judge(struct answer *answer, unsigned rcode, struct result *result)
{
	const struct dns_args *args = answer->args;
	bool needed = args->response != NULL ||
	    (args->min_answers == OPTION_UNSET && args->require_resolve && rcode == LDNS_RCODE_NOERROR);

	if (needed && answer->count == 0)
		result_fail(result, REASON_EMPTY, "%s: no %s record for %s", answer->server, args->query_type,
		    args->query);
	else if (args->min_answers != OPTION_UNSET && (int64_t)answer->count < args->min_answers)
		result_fail(result, REASON_EMPTY, "%s: %zu %s records for %s, fewer than %d", answer->server,
		    answer->count, args->query_type, args->query, (int)args->min_answers);
	else if (args->response != NULL && !answer->match && answer->limit)
		result_error(result, REASON_PATTERN_LIMIT, "%s: matching response took too much", answer->server);
	else if (args->response != NULL && !answer->match)
		result_fail(result, REASON_PATTERN, "%s: none of %zu %s records for %s matches response, first: %s",
		    answer->server, answer->count, args->query_type, args->query, answer->first);
	else
		return true;
	return false;
}

void
dns_answer_judge(const struct dns_args *args, struct pattern *response, const uint8_t *data, size_t length,
    const char *server, struct result *result)
{
	struct answer answer = {.args = args, .server = server, .type = ldns_get_rr_type_by_name(args->query_type)};
	char rcode_name[16], nsid[80];
	ldns_status status;
	unsigned rcode;

	if ((status = ldns_wire2pkt(&answer.packet, data, length)) != LDNS_STATUS_OK) {
		result_fail(result, REASON_PROTOCOL, "%s: malformed answer: %s", server,
		    ldns_get_errorstr_by_id(status));
		return;
	}
	rcode = (unsigned)ldns_pkt_get_rcode(answer.packet);
	if (ldns_pkt_edns(answer.packet))
		rcode |= (unsigned)ldns_pkt_edns_extended_rcode(answer.packet) << 4;
	rcode_text(rcode, rcode_name);
	if (!answer_walk(&answer, response))
		result_error(result, REASON_LOCAL, "out of memory");
	else if (header_judge(&answer, rcode, rcode_name, result) && records_judge(&answer, rcode, result))
		result_pass(result, "%s: %s, %zu %s record%s%s%s%s", server, rcode_name, answer.count, args->query_type,
		    answer.count == 1 ? "" : "s", nsid_text(&answer, nsid, sizeof(nsid)), answer.count > 0 ? ": " : "",
		    answer.match ? answer.matched : answer.first);
	ldns_pkt_free(answer.packet);
}
