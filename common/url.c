/*
 * http and https URLs. Pure. Invariant: what is accepted has exactly one reading, so that the host seen
 * here is the host that libcurl connects to.
 */
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "dns_name.h"
#include "option_error.h"

static bool
url_parse_scheme(const char **text, struct url *url)
{
	url->tls = strncasecmp(*text, "https://", 8) == 0;
	if (!url->tls && strncasecmp(*text, "http://", 7) != 0)
		return false;
	*text += url->tls ? 8 : 7;
	return true;
}

/* port: after the colon, up to end. */
static bool
url_parse_port(const char *port, const char *end, struct url *url, char *error)
{
	size_t digits = strspn(port, "0123456789");

	if (port + digits != end || digits == 0 || digits > 5)
		return option_error(error, "must have a port of 1 to 65535 after the colon of its host");
	url->port = (unsigned)strtoul(port, NULL, 10);
	if (url->port < 1 || url->port > 65535)
		return option_error(
		    error, "must have a port of 1 to 65535 after the colon of its host, got %u", url->port);
	return true;
}

static bool
url_parse_host(const char *start, const char *end, struct url *url, char *error)
{
	char reason[OPTION_ERROR_SIZE];
	struct address address;
	bool bracketed = start < end && *start == '[';
	const char *close = bracketed ? memchr(start, ']', (size_t)(end - start)) : NULL;
	const char *stop;

	if (bracketed && close == NULL)
		return option_error(error, "must have a ] after the IPv6 address of its host");
	stop = bracketed ? close + 1 : memchr(start, ':', (size_t)(end - start));
	if (stop != NULL && stop < end) {
		if (*stop != ':')
			return option_error(error, "must have nothing but a :PORT after the ] of its host");
		if (!url_parse_port(stop + 1, end, url, error))
			return false;
		end = stop;
	}
	if (bracketed) {
		start++;
		end = close;
	}
	if (end == start)
		return option_error(error, "must name a host");
	if ((size_t)(end - start) >= sizeof(url->host))
		return option_error(error, "must have a host of at most 255 characters");
	memcpy(url->host, start, (size_t)(end - start));
	url->host[end - start] = '\0';
	if (!address_parse(url->host, &address)) {
		if (bracketed)
			return option_error(error, "must have an IPv6 address between the brackets of its host");
		if (!host_name_check(url->host, reason))
			return option_error(error, "is not valid: its host %s", reason);
		return true;
	}
	if (bracketed != (address.family == AF_INET6) || address.scope_id != 0)
		return option_error(
		    error, "must have an IPv6 address in the brackets of its host, without an interface");
	return true;
}

bool
url_parse(const char *text, struct url *url, char *error)
{
	const char *end, *at;

	memset(url, 0, sizeof(*url));
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return option_error(
			    error, "must be a URL without blanks and control characters: write %%20 for a blank");
	if (!url_parse_scheme(&text, url))
		return option_error(error, "must be an http or https URL such as https://www.example.net/health");
	end = text + strcspn(text, "/?#");
	at = memchr(text, '@', (size_t)(end - text));
	if (at != NULL) {
		text = at + 1;
		if (memchr(text, '@', (size_t)(end - text)) != NULL)
			return option_error(
			    error, "must have one @ before its host: write %%40 for an @ in the user or password");
	}
	return url_parse_host(text, end, url, error);
}
