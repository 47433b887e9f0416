/*
 * Names of the DNS. Pure. Invariant: a name accepted here fits a DNS message and, as a host name, can
 * only be a name to the resolver.
 */
#include "dns_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_error.h"

#define LABEL_MAX 63
#define HOST_NAME_MAX_LENGTH 253 /* without the trailing dot: 255 on the wire */
#define WIRE_MAX 255

/* The types that ldns 1.8 has a name for; any other is written TYPEnnn. */
static const struct {
	unsigned number;
	const char *name;
} types[] = {
	{1, "A"}, {2, "NS"}, {3, "MD"}, {4, "MF"}, {5, "CNAME"}, {6, "SOA"}, {7, "MB"}, {8, "MG"}, {9, "MR"},
	{10, "NULL"}, {11, "WKS"}, {12, "PTR"}, {13, "HINFO"}, {14, "MINFO"}, {15, "MX"}, {16, "TXT"}, {17, "RP"},
	{18, "AFSDB"}, {19, "X25"}, {20, "ISDN"}, {21, "RT"}, {22, "NSAP"}, {23, "NSAP-PTR"}, {24, "SIG"}, {25, "KEY"},
	{26, "PX"}, {27, "GPOS"}, {28, "AAAA"}, {29, "LOC"}, {30, "NXT"}, {31, "EID"}, {32, "NIMLOC"}, {33, "SRV"},
	{34, "ATMA"}, {35, "NAPTR"}, {36, "KX"}, {37, "CERT"}, {38, "A6"}, {39, "DNAME"}, {40, "SINK"}, {41, "OPT"},
	{42, "APL"}, {43, "DS"}, {44, "SSHFP"}, {45, "IPSECKEY"}, {46, "RRSIG"}, {47, "NSEC"}, {48, "DNSKEY"},
	{49, "DHCID"}, {50, "NSEC3"}, {51, "NSEC3PARAM"}, {52, "TLSA"}, {53, "SMIMEA"}, {55, "HIP"}, {58, "TALINK"},
	{59, "CDS"}, {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"}, {63, "ZONEMD"}, {64, "SVCB"}, {65, "HTTPS"},
	{99, "SPF"}, {104, "NID"}, {105, "L32"}, {106, "L64"}, {107, "LP"}, {108, "EUI48"}, {109, "EUI64"},
	{249, "TKEY"}, {250, "TSIG"}, {255, "ANY"}, {256, "URI"}, {257, "CAA"}, {32769, "DLV"},
};

#define TYPES (sizeof(types) / sizeof(types[0]))
#define TYPE_IXFR 251
#define TYPE_AXFR 252

/* The first name of a number is the canonical one. */
static const struct {
	int number;
	const char *name;
} rcodes[] = {
	{0, "NOERROR"}, {1, "FORMERR"}, {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMPL"}, {4, "NOTIMP"}, {5, "REFUSED"},
	{6, "YXDOMAIN"}, {7, "YXRRSET"}, {8, "NXRRSET"}, {9, "NOTAUTH"}, {10, "NOTZONE"},
};

#define RCODES (sizeof(rcodes) / sizeof(rcodes[0]))

/* Whether inet_aton(3) might take this last label for the last number of an address. */
static bool
label_is_number(const char *label, size_t length)
{
	if (length > 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
		return strspn(label + 2, "0123456789abcdefABCDEF") >= length - 2;
	return strspn(label, "0123456789") >= length;
}

static bool
host_label_check(const char *label, size_t length, char *error)
{
	if (length == 0)
		return option_error(error, "must be an address or a host name: it has an empty label");
	if (length > LABEL_MAX)
		return option_error(error, "must be an address or a host name: a label is longer than 63 characters");
	if (label[0] == '-' || label[length - 1] == '-')
		return option_error(error, "must be an address or a host name: a label begins or ends with a hyphen");
	return true;
}

bool
host_name_check(const char *text, char *error)
{
	char quoted[OPTION_QUOTE_SIZE];
	const char *label = text;
	size_t length = strlen(text);

	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			return option_error(error,
			    "must be an address or a host name: write an international name in its "
			    "xn-- form, got %s",
			    option_quote(text, quoted));
		else if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL)
			return option_error(
			    error, "must be an address or a host name, got %s", option_quote(text, quoted));
	if (length == 0)
		return option_error(error, "must be an address or a host name, not empty");
	if (text[length - 1] == '.')
		length--;
	if (length > HOST_NAME_MAX_LENGTH)
		return option_error(error, "must be an address or a host name: longer than 253 characters");
	for (;;) {
		size_t left = length - (size_t)(label - text), here = strcspn(label, ".");

		if (here > left)
			here = left;
		if (!host_label_check(label, here, error))
			return false;
		if (here == left)
			break;
		label += here + 1;
	}
	if (label_is_number(label, length - (size_t)(label - text)))
		return option_error(error, "must be an address or a host name: not a complete IPv4 address, got %s",
		    option_quote(text, quoted));
	return true;
}

/* The bytes that one character or escape at *text stands for (always 1); moves on. False: a bad escape. */
static bool
domain_character(const char **text)
{
	const char *c = *text;

	if (*c != '\\') {
		*text = c + 1;
		return true;
	}
	if (isdigit((unsigned char)c[1])) {
		if (!isdigit((unsigned char)c[2]) || !isdigit((unsigned char)c[3]) || strncmp(c + 1, "255", 3) > 0)
			return false;
		*text = c + 4;
		return true;
	}
	if (c[1] == '\0')
		return false;
	*text = c + 2;
	return true;
}

bool
domain_name_check(const char *text, char *error)
{
	size_t wire = 1, label = 0; /* wire: the root label */
	const char *c = text;

	if (strcmp(text, ".") == 0)
		return true;
	if (*text == '\0')
		return option_error(error, "must be a domain name, not empty");
	for (; *c != '\0';) {
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
			return option_error(error,
			    "must be a domain name: blanks and non-ASCII characters are written as \\DDD, "
			    "international names in their xn-- form");
		if (*c == '.') {
			if (label == 0)
				return option_error(error, "must be a domain name: it has an empty label");
			label = 0;
			c++;
			continue;
		}
		wire += label == 0 ? 2 : 1; /* with the length byte of its label */
		if (++label > LABEL_MAX)
			return option_error(error, "must be a domain name: a label is longer than 63 bytes");
		if (!domain_character(&c))
			return option_error(error,
			    "must be a domain name: a backslash is followed by a character or by three "
			    "digits up to 255");
	}
	if (wire > WIRE_MAX)
		return option_error(error, "must be a domain name: longer than 255 bytes");
	return true;
}

/* TYPEnnn -> nnn, or -1. */
static long
type_number(const char *text)
{
	size_t digits;

	if (strncasecmp(text, "TYPE", 4) != 0)
		return -1;
	digits = strspn(text + 4, "0123456789");
	if (digits == 0 || digits > 5 || text[4 + digits] != '\0')
		return -1;
	return strtol(text + 4, NULL, 10);
}

bool
dns_type_canonical(const char *text, char canonical[static DNS_TYPE_TEXT_SIZE], char *error)
{
	char quoted[OPTION_QUOTE_SIZE];
	long number = type_number(text);

	for (size_t i = 0; i < TYPES; i++)
		if (strcasecmp(text, types[i].name) == 0 || number == (long)types[i].number) {
			snprintf(canonical, DNS_TYPE_TEXT_SIZE, "%s", types[i].name);
			return true;
		}
	if (strcasecmp(text, "AXFR") == 0 || strcasecmp(text, "IXFR") == 0 || number == TYPE_AXFR ||
	    number == TYPE_IXFR)
		return option_error(
		    error, "must be a record type: a zone transfer is no query, ask for the SOA instead");
	if (number < 1 || number > 65535)
		return option_error(
		    error, "must be a DNS record type such as A, SOA or TYPE65280, got %s", option_quote(text, quoted));
	snprintf(canonical, DNS_TYPE_TEXT_SIZE, "TYPE%ld", number);
	return true;
}

int
dns_rcode_number(const char *text)
{
	for (size_t i = 0; i < RCODES; i++)
		if (strcasecmp(text, rcodes[i].name) == 0)
			return rcodes[i].number;
	return -1;
}

const char *
dns_rcode_canonical(const char *text)
{
	int number = dns_rcode_number(text);

	for (size_t i = 0; i < RCODES; i++)
		if (rcodes[i].number == number)
			return rcodes[i].name;
	return NULL;
}
