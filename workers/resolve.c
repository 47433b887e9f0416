/*
 * Names to addresses with getaddrinfo(3). Touches the system's resolver and nothing else; what it returns
 * is never empty and holds no address twice.
 */
#include "resolve.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

/* What getaddrinfo's codes mean to the operator; others get the library's own text. */
static const struct {
	int code;
	const char *text;
} eai_texts[] = {
	{EAI_NONAME, "the name does not exist or has no address"},
	{EAI_NODATA, "the name has no address"},
	{EAI_ADDRFAMILY, "the name has no address of this family"},
	{EAI_AGAIN, "no name server gave an answer"},
	{EAI_FAIL, "the name server failed or refused"},
};

static const char *
eai_text(int code)
{
	for (size_t i = 0; i < sizeof(eai_texts) / sizeof(eai_texts[0]); i++)
		if (eai_texts[i].code == code)
			return eai_texts[i].text;
	return gai_strerror(code);
}

static const char *
family_name(int family)
{
	switch (family) {
	case AF_INET:
		return "IPv4 ";
	case AF_INET6:
		return "IPv6 ";
	default:
		return "";
	}
}

static void
resolve_failed(const char *host, int code, int error, struct result *result)
{
	if (code == EAI_MEMORY)
		result_error(result, REASON_LOCAL, "cannot resolve %s: out of memory", host);
	else if (code == EAI_SYSTEM)
		result_error(result, REASON_RESOLVE, "cannot resolve %s: %s", host, strerror(error));
	else
		result_fail(result, REASON_RESOLVE, "cannot resolve %s: %s", host, eai_text(code));
}

static bool
addresses_contain(const struct addresses *addresses, const struct address *address)
{
	for (size_t i = 0; i < addresses->count; i++) {
		const struct address *item = &addresses->items[i];

		if (item->family == address->family && item->scope_id == address->scope_id &&
		    memcmp(item->bytes, address->bytes, sizeof(item->bytes)) == 0)
			return true;
	}
	return false;
}

/* Returns false when there are more than fit. */
static bool
addresses_collect(struct addresses *addresses, const struct addrinfo *list)
{
	struct address address;

	addresses->count = 0;
	for (; list != NULL; list = list->ai_next) {
		if (!address_from_sockaddr(list->ai_addr, &address) || addresses_contain(addresses, &address))
			continue;
		if (addresses->count == RESOLVE_MAX)
			return false;
		addresses->items[addresses->count++] = address;
	}
	return true;
}

bool
resolve(const char *host, int family, struct addresses *addresses, struct result *result)
{
	/* No AI_ADDRCONFIG: on a host with only a loopback interface it would hide every address. */
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	bool fits;
	int code;

	if (address_parse(host, &addresses->items[0])) {
		addresses->count = 1;
		if (family == AF_UNSPEC || family == addresses->items[0].family)
			return true;
		result_fail(result, REASON_RESOLVE, "%s is not an %saddress", host, family_name(family));
		return false;
	}
	if ((code = getaddrinfo(host, NULL, &hints, &list)) != 0) {
		resolve_failed(host, code, errno, result);
		return false;
	}
	fits = addresses_collect(addresses, list);
	freeaddrinfo(list);
	if (!fits) {
		result_error(result, REASON_RESOLVE, "%s has more than %d %saddresses; name fewer or set address_family",
		    host, RESOLVE_MAX, family_name(family));
		return false;
	}
	if (addresses->count == 0) {
		result_fail(result, REASON_RESOLVE, "%s has no %saddress", host, family_name(family));
		return false;
	}
	return true;
}

void
resolve_preload(void)
{
	struct addrinfo *list;

	if (getaddrinfo("localhost", NULL, NULL, &list) == 0)
		freeaddrinfo(list);
}
