/*
 * DNS messages of the dns method (RFC 1035, RFC 6891): the query's wire form, recognising its answer, and
 * judging that answer. Pure; uses ldns and patterns, no socket.
 */
#ifndef EXACHECK_DNS_ANSWER_H
#define EXACHECK_DNS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/methods/dns.h"
#include "../common/pattern.h"
#include "../common/result.h"

#define DNS_QUERY_MAX 512	/* header, question, OPT record with NSID: always less */
#define DNS_PAYLOAD_SIZE 1232	/* advertised UDP payload: fits unfragmented everywhere */

struct dns_query {
	size_t length;
	size_t question_length; /* of the question section, which begins behind the 12 bytes of the header */
	uint8_t wire[DNS_QUERY_MAX];
};

/*
 * The query of a check with id 0: recursion desired, EDNS, NSID and AD as the arguments say. Returns false with
 * the reason in error (OPTION_ERROR_SIZE bytes).
 */
bool dns_query_build(const struct dns_args *, struct dns_query *, char *error);
void dns_query_set_id(struct dns_query *, uint16_t id);

enum dns_kind {
	DNS_FOREIGN,   /* not an answer to this query: another id or question */
	DNS_MALFORMED, /* our id, but too short for header and question */
	DNS_TRUNCATED, /* ours; the whole is to be had over TCP */
	DNS_ANSWER,
};

/* The question's name is compared without regard to case. data: any bytes. */
enum dns_kind dns_classify(const struct dns_query *, const uint8_t *data, size_t length);

/*
 * The verdict on a message that dns_classify called DNS_ANSWER. response: the compiled args->response or
 * NULL. server: for the text.
 */
void dns_answer_judge(const struct dns_args *, struct pattern *response, const uint8_t *data, size_t length,
    const char *server, struct result *);

#endif
