/*
 * Names of the DNS as text: host names, domain names, record types, response codes. Nothing is looked
 * up and no DNS library is needed, so that the supervisor can validate them.
 */
#ifndef EXACHECK_DNS_NAME_H
#define EXACHECK_DNS_NAME_H

#include <stdbool.h>

#define DNS_TYPE_TEXT_SIZE 16

/*
 * A host name to look up (RFC 1123; underscores allowed, a trailing dot too). Refuses what the system's
 * resolver would take for an address in an old notation ("127.1", "0x7f000001"). Returns false with the
 * reason in error (OPTION_ERROR_SIZE bytes), as all functions here.
 */
bool host_name_check(const char *text, char *error);

/* A domain name to ask for: any labels (RFC 2181), \DDD and \X escapes (RFC 1035), at most 255 bytes on the wire. */
bool domain_name_check(const char *text, char *error);

/* A record type in any case, or TYPEnnn (RFC 3597), in canonical spelling: that of ldns. */
bool dns_type_canonical(const char *text, char canonical[static DNS_TYPE_TEXT_SIZE], char *error);

/* The name of a response code in canonical spelling (that of ldns), and its number. NULL, -1: unknown. */
const char *dns_rcode_canonical(const char *text);
int dns_rcode_number(const char *text);

#endif
