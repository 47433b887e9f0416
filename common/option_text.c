/*
 * Option types that are stored as text: each parser checks and stores the canonical form, malloc'd.
 * Pure but for the scope id of an IPv6 literal. Invariant: a canonical text parses to itself.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "bgp.h"
#include "dns_name.h"
#include "option_type.h"
#include "pattern.h"
#include "url.h"

#define NAME_MAX_LENGTH 200

static bool
text_store(char *canonical, void *value, char *error)
{
	if (canonical == NULL)
		return option_error(error, "out of memory");
	*(char **)value = canonical;
	return true;
}

static bool
text_has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return true;
	return false;
}

/* The length bounds that an option of text may have: min and max, in bytes. */
static bool
text_check_length(const struct option *option, const char *text, char *error)
{
	size_t length = strlen(text);

	if (option->min == 0 && option->max == 0)
		return true;
	if (length == 0 && option->min > 0)
		return option_error(error, "must not be empty");
	if ((double)length < option->min || (option->max >= option->min && (double)length > option->max))
		return option_error(
		    error, "must be %.0f to %.0f bytes long, got %zu", option->min, option->max, length);
	return true;
}

bool
text_parse_string(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	return text_check_length(option, text, error) && text_store(strdup(text), value, error);
}

bool
text_parse_name(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	size_t length = strlen(text);

	(void)option;
	if (length == 0)
		return option_error(error, "must not be empty");
	if (length > NAME_MAX_LENGTH)
		return option_error(error, "must be at most %d bytes long, got %zu", NAME_MAX_LENGTH, length);
	if (strpbrk(text, "'\"") != NULL)
		return option_error(error, "must not contain quotes (' or \")");
	if (text_has_control(text) || strchr(text, '\t') != NULL)
		return option_error(error, "must not contain control characters");
	return text_store(strdup(text), value, error);
}

bool
text_parse_path(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE];

	if (*text != '/')
		return option_error(
		    error, "must be an absolute path (beginning with /), got %s", option_quote(text, quoted));
	if (strlen(text) >= PATH_MAX)
		return option_error(error, "must be a path of at most %d bytes", PATH_MAX - 1);
	if (text_has_control(text))
		return option_error(error, "must be a path without control characters");
	return text_parse_string(option, text, value, error);
}

bool
text_parse_pattern(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char reason[OPTION_ERROR_SIZE];

	if (!pattern_check(text, reason))
		return option_error(error, "is not a valid pattern: %s", reason);
	return text_parse_string(option, text, value, error);
}

/*
 * A literal address in canonical text. One with a scope keeps its spelling: the interface's name says
 * more than its number, and stays true when the number changes.
 */
static char *
address_canonical(const char *text, const struct address *address)
{
	char canonical[ADDRESS_TEXT_SIZE];

	return strdup(address->scope_id != 0 ? text : address_format(address, canonical));
}

/* A text that was meant as an IPv6 address, for a message that helps more than "is no host name". */
static bool
address_explain(const char *text, char *error)
{
	char quoted[OPTION_QUOTE_SIZE];

	if (strchr(text, '[') != NULL)
		return option_error(error, "must be an address without brackets, got %s", option_quote(text, quoted));
	if (strchr(text, '%') != NULL)
		return option_error(
		    error, "must be an address on an interface that exists, got %s", option_quote(text, quoted));
	if (strchr(text, '/') != NULL)
		return option_error(
		    error, "must be an address without a prefix length, got %s", option_quote(text, quoted));
	return option_error(error, "must be an IPv4 or IPv6 address, got %s", option_quote(text, quoted));
}

bool
text_parse_host(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	const char *colon = strchr(text, ':');
	char quoted[OPTION_QUOTE_SIZE];
	struct address address;

	(void)option;
	if (address_parse(text, &address))
		return text_store(address_canonical(text, &address), value, error);
	if (colon != NULL && strchr(text, '/') == NULL) {
		if (strchr(colon + 1, ':') != NULL)
			return address_explain(text, error);
		return option_error(error, "must be an address or a host name, without a port, got %s",
		    option_quote(text, quoted));
	}
	return host_name_check(text, error) && text_store(strdup(text), value, error);
}

bool
text_parse_address(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	struct address address;

	(void)option;
	if (!address_parse(text, &address))
		return address_explain(text, error);
	return text_store(address_canonical(text, &address), value, error);
}

bool
text_parse_listen(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE], canonical[LISTEN_TEXT_SIZE];
	struct address address;
	uint16_t port;

	(void)option;
	if (!listen_parse(text, &address, &port))
		return option_error(error, "must be ADDRESS:PORT, such as 127.0.0.1:9101 or [::1]:9101, got %s",
		    option_quote(text, quoted));
	return text_store(strdup(listen_format(&address, port, canonical)), value, error);
}

bool
text_parse_next_hop(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE];
	struct address address;

	if (strcasecmp(text, "self") == 0)
		return text_store(strdup("self"), value, error);
	if (!address_parse(text, &address) || address.scope_id != 0)
		return option_error(
		    error, "must be self or an address without an interface, got %s", option_quote(text, quoted));
	return text_parse_address(option, text, value, error);
}

bool
text_parse_prefix(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE], canonical[PREFIX_TEXT_SIZE];
	struct prefix prefix;

	(void)option;
	option_quote(text, quoted);
	switch (prefix_parse(text, &prefix)) {
	case PREFIX_OK:
		return text_store(strdup(prefix_format(&prefix, canonical)), value, error);
	case PREFIX_HOST_BITS:
		return option_error(error, "has host bits set: %s lies in the network %s, write that or a host route",
		    quoted, prefix_format(&prefix, canonical));
	case PREFIX_LENGTH:
		return option_error(error, "must have a prefix length of 0 to %d, got %s",
		    prefix.address.family == AF_INET ? 32 : 128, quoted);
	case PREFIX_SYNTAX:
		break;
	}
	return option_error(error, "must be a network such as 192.0.2.0/24 or 2001:db8::/32, got %s", quoted);
}

bool
text_parse_community(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char *canonical = community_parse(text, error);

	(void)option;
	return canonical != NULL && text_store(canonical, value, error);
}

bool
text_parse_as_path(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char *canonical = as_path_parse(text, error);

	(void)option;
	return canonical != NULL && text_store(canonical, value, error);
}

bool
text_parse_status(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE], canonical[16];
	size_t first = strspn(text, "0123456789");
	bool range = first == 3 && text[3] == '-';
	unsigned long low, high;

	(void)option;
	if (first != 3 || (range && (strspn(text + 4, "0123456789") != 3 || text[7] != '\0')) ||
	    (!range && text[3] != '\0'))
		return option_error(error, "must be a status of 100 to 599 or a range such as 200-299, got %s",
		    option_quote(text, quoted));
	low = strtoul(text, NULL, 10);
	high = range ? strtoul(text + 4, NULL, 10) : low;
	if (low < 100 || high > 599 || low > high)
		return option_error(error,
		    "must be a status of 100 to 599 or a range such as 200-299, low-high, got %s",
		    option_quote(text, quoted));
	snprintf(canonical, sizeof(canonical), low == high ? "%lu" : "%lu-%lu", low, high);
	return text_store(strdup(canonical), value, error);
}

bool
text_parse_url(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	struct url url;

	return url_parse(text, &url, error) && text_parse_string(option, text, value, error);
}

bool
text_parse_dns_name(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	(void)option;
	return domain_name_check(text, error) && text_store(strdup(text), value, error);
}

bool
text_parse_dns_type(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char canonical[DNS_TYPE_TEXT_SIZE];

	(void)option;
	return dns_type_canonical(text, canonical, error) && text_store(strdup(canonical), value, error);
}

bool
text_parse_dns_rcode(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE];
	const char *canonical = dns_rcode_canonical(text);

	(void)option;
	if (canonical == NULL)
		return option_error(error, "must be a DNS response code such as NOERROR or NXDOMAIN, got %s",
		    option_quote(text, quoted));
	return text_store(strdup(canonical), value, error);
}

bool
text_parse_header_value(const struct option *option, const char *text, void *value,
    char error[static OPTION_ERROR_SIZE])
{
	if (text_has_control(text))
		return option_error(
		    error, "must not contain control characters (line ends would begin another header)");
	return text_parse_string(option, text, value, error);
}

bool
text_parse_receiver(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	return *text == '/' ? text_parse_path(option, text, value, error) : text_parse_host(option, text, value, error);
}

bool
text_parse_word(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	int found = choice_parse(option, text, error);

	return found != -1 && text_store(strdup(option->choices[found]), value, error);
}
