/*
 * BGP attribute values: communities and AS paths to canonical text. Pure. Invariant: what is returned
 * holds digits, ':', blanks, 'x' and hex digits only, whatever the input was.
 */
#include "bgp.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_error.h"

#define AS_PATH_MAX 255 /* ASNs: what one segment holds (RFC 4271, 4.3) */

/* Extended community type octets (RFC 4360, RFC 5668): how the global administrator is written. */
enum { EXTENDED_AS2 = 0x00, EXTENDED_IPV4 = 0x01, EXTENDED_AS4 = 0x02 };

/*
 * Names by RFC 1997, RFC 3765, RFC 7999, RFC 8326; local-as is the older vendor name of
 * no-export-subconfed. A name is given as its number because a command with the word graceful-shutdown in
 * it shuts ExaBGP 4 and 5 down.
 */
static const struct {
	const char *name;
	const char *canonical;
} community_names[] = {
	{"no-export", "65535:65281"},
	{"no-advertise", "65535:65282"},
	{"no-export-subconfed", "65535:65283"},
	{"local-as", "65535:65283"},
	{"no-peer", "65535:65284"},
	{"nopeer", "65535:65284"},
	{"blackhole", "65535:666"},
	{"graceful-shutdown", "65535:0"},
};

static char *
canonical_copy(const char *text, char *error)
{
	char *copy = strdup(text);

	if (copy == NULL)
		option_error(error, "out of memory");
	return copy;
}

/* Read decimal digits at *text as a number up to max and move on. False when there is none. */
static bool
scan_number(const char **text, uint64_t max, uint64_t *number)
{
	const char *c = *text;

	for (*number = 0; isdigit((unsigned char)*c); c++) {
		*number = *number * 10 + (uint64_t)(*c - '0');
		if (*number > max)
			return false;
	}
	if (c == *text)
		return false;
	*text = c;
	return true;
}

/* Whether text is a name, in any case and with _ for -. */
static bool
name_equal(const char *text, const char *name)
{
	for (; *text != '\0' && *name != '\0'; text++, name++)
		if (tolower((unsigned char)(*text == '_' ? '-' : *text)) != *name)
			return false;
	return *text == *name;
}

/*
 * An ASN at *text: asplain, or asdot (RFC 5396). *four: written so that only the four-octet form can be
 * meant (asdot, above 65535, or ExaBGP's L suffix when the caller accepts one).
 */
static bool
scan_asn(const char **text, bool suffix, uint32_t *asn, bool *four)
{
	uint64_t high, low;

	if (!scan_number(text, UINT32_MAX, &high))
		return false;
	*four = high > UINT16_MAX;
	*asn = (uint32_t)high;
	if (**text == '.') {
		(*text)++;
		if (high > UINT16_MAX || !scan_number(text, UINT16_MAX, &low))
			return false;
		*asn = (uint32_t)(high << 16 | low);
		*four = true;
	} else if (suffix && (**text == 'L' || **text == 'l')) {
		(*text)++;
		*four = true;
	}
	return true;
}

/* target:A:N or origin:A:N; value begins after the keyword. */
static char *
extended_parse(const char *text, const char *value, unsigned subtype, char *error)
{
	char quoted[OPTION_QUOTE_SIZE], canonical[2 + 16 + 1], address_text[INET_ADDRSTRLEN];
	const char *colon = strchr(value, ':');
	size_t length = colon != NULL ? (size_t)(colon - value) : 0;
	struct in_addr address;
	uint64_t number;
	uint32_t asn;
	bool four = false, ipv4 = false, valid;
	unsigned type;

	if (colon != NULL && length < sizeof(address_text)) {
		memcpy(address_text, value, length);
		address_text[length] = '\0';
		ipv4 = inet_pton(AF_INET, address_text, &address) == 1;
	}
	valid = colon != NULL && (ipv4 || (scan_asn(&value, true, &asn, &four) && value == colon));
	if (!valid || (colon++, !scan_number(&colon, ipv4 || four ? UINT16_MAX : UINT32_MAX, &number)) ||
	    *colon != '\0') {
		option_error(error,
		    "must be an extended community such as target:65000:100: AS (2 octets) and a number of 32 "
		    "bits, or AS (4 octets) or IPv4 address and a number of 16 bits, got %s",
		    option_quote(text, quoted));
		return NULL;
	}
	type = ipv4 ? EXTENDED_IPV4 : four ? EXTENDED_AS4 : EXTENDED_AS2;
	if (type == EXTENDED_AS2)
		snprintf(
		    canonical, sizeof(canonical), "0x%02x%02x%04x%08x", type, subtype, asn & 0xffffU, (uint32_t)number);
	else
		snprintf(canonical, sizeof(canonical), "0x%02x%02x%08x%04x", type, subtype,
		    ipv4 ? ntohl(address.s_addr) : asn, (uint32_t)number & 0xffffU);
	return canonical_copy(canonical, error);
}

/* 0x and 16 hex digits. */
static char *
hex_parse(const char *text, char *error)
{
	char quoted[OPTION_QUOTE_SIZE];
	char *canonical;

	if (strlen(text) != 18 || strspn(text + 2, "0123456789abcdefABCDEF") != 16) {
		option_error(
		    error, "must be an extended community of 0x and 16 hex digits, got %s", option_quote(text, quoted));
		return NULL;
	}
	if ((canonical = canonical_copy(text, error)) != NULL)
		for (char *c = canonical; *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
	return canonical;
}

/* A:B or A:B:C. */
static char *
numbers_parse(const char *text, char *error)
{
	char quoted[OPTION_QUOTE_SIZE], canonical[40];
	const char *c = text;
	uint64_t parts[3] = {0};
	unsigned count = 0;

	while (count < 3 && scan_number(&c, UINT32_MAX, &parts[count])) {
		count++;
		if (*c != ':')
			break;
		c++;
	}
	if (count < 2 || *c != '\0' || c[-1] == ':') {
		option_error(error,
		    "must be a community: A:B, A:B:C, target:A:N, origin:A:N, 0x and 16 hex digits or a name "
		    "such as no-export, got %s",
		    option_quote(text, quoted));
		return NULL;
	}
	if (count == 2 && (parts[0] > UINT16_MAX || parts[1] > UINT16_MAX)) {
		option_error(error,
		    "must have two numbers of 0 to 65535 (a larger AS needs a large community A:B:C), got %s",
		    option_quote(text, quoted));
		return NULL;
	}
	if (count == 2)
		snprintf(canonical, sizeof(canonical), "%u:%u", (unsigned)parts[0], (unsigned)parts[1]);
	else
		snprintf(canonical, sizeof(canonical), "%u:%u:%u", (unsigned)parts[0], (unsigned)parts[1],
		    (unsigned)parts[2]);
	return canonical_copy(canonical, error);
}

char *
community_parse(const char *text, char *error)
{
	if (strncasecmp(text, "target:", 7) == 0)
		return extended_parse(text, text + 7, 0x02, error);
	if (strncasecmp(text, "origin:", 7) == 0)
		return extended_parse(text, text + 7, 0x03, error);
	if (strncasecmp(text, "0x", 2) == 0)
		return hex_parse(text, error);
	for (size_t i = 0; i < sizeof(community_names) / sizeof(community_names[0]); i++)
		if (name_equal(text, community_names[i].name))
			return canonical_copy(community_names[i].canonical, error);
	/*
	 * `internet` is no community: on the routers that know the word it matches every route in a filter, and
	 * only some of them send anything for it (0:0, from a reserved range of RFC 1997). ExaBGP never accepted
	 * it. Sending 0:0 unasked could be seen by other networks, so the user has to say so.
	 */
	if (name_equal(text, "internet")) {
		option_error(error,
		    "internet is the name of no community: leave it out (a route without communities goes "
		    "everywhere), or write 0:0 if your routers mean that");
		return NULL;
	}
	return numbers_parse(text, error);
}

enum community_kind
community_kind(const char *canonical)
{
	const char *colon;

	if (canonical[0] == '0' && canonical[1] == 'x')
		return COMMUNITY_EXTENDED;
	colon = strchr(canonical, ':');
	return colon != NULL && strchr(colon + 1, ':') != NULL ? COMMUNITY_LARGE : COMMUNITY_STANDARD;
}

/* Blanks and commas between ASNs. */
static const char *
skip_separators(const char *text)
{
	return text + strspn(text, " \t,");
}

/* The text without one pair of brackets around it: *end is set to where the ASNs end. */
static bool
strip_brackets(const char **text, const char **end)
{
	const char *begin = *text + strspn(*text, " \t"), *close = begin + strlen(begin);

	while (close > begin && strchr(" \t", close[-1]) != NULL)
		close--;
	*end = close;
	*text = begin;
	if (*begin != '[')
		return true;
	*text = begin + 1;
	*end = close - 1;
	return close - begin >= 2 && close[-1] == ']';
}

char *
as_path_parse(const char *text, char *error)
{
	char quoted[OPTION_QUOTE_SIZE], canonical[AS_PATH_MAX * 11 + 1];
	const char *c = text, *end, *token;
	size_t length = 0;
	unsigned count = 0;
	uint32_t asn;
	bool four;

	if (!strip_brackets(&c, &end)) {
		option_error(error, "must have a ] at the end of its AS numbers, got %s", option_quote(text, quoted));
		return NULL;
	}
	for (c = skip_separators(c); c < end; c = skip_separators(c)) {
		token = c;
		if (!scan_asn(&c, false, &asn, &four) || asn == 0 || (c < end && skip_separators(c) == c)) {
			option_error(error,
			    "must be AS numbers of 1 to 4294967295, or A.B, with blanks between; here: %s",
			    option_quote(token, quoted));
			return NULL;
		}
		if (++count > AS_PATH_MAX) {
			option_error(error, "must be at most %d AS numbers", AS_PATH_MAX);
			return NULL;
		}
		length += (size_t)snprintf(
		    canonical + length, sizeof(canonical) - length, "%s%u", count == 1 ? "" : " ", asn);
	}
	if (count == 0) {
		option_error(error, "must hold at least one AS number; leave the key out for none");
		return NULL;
	}
	return canonical_copy(canonical, error);
}
