/*
 * What the methods' tables and cross checks share. Pure. Invariant: a cross check complains about what
 * stands in the file only, never about a default alone.
 */
#include "method.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../address.h"

const char *const sandbox_choices[] = {[SANDBOX_DEFAULT] = "default", [SANDBOX_OFF] = "off", NULL};
const char *const family_choices[] = {[FAMILY_IPV4] = "ipv4", [FAMILY_IPV6] = "ipv6", NULL};

int
remote_family(const struct remote_args *remote)
{
	switch (remote->address_family) {
	case FAMILY_IPV4:
		return AF_INET;
	case FAMILY_IPV6:
		return AF_INET6;
	default:
		return AF_UNSPEC;
	}
}

bool
method_watches(const struct check_method *method, const void *args)
{
	return method->watches != NULL && method->watches(args);
}

bool
cross_given(const struct cross_check *check, const char *key)
{
	return (check->given >> option_index(check->table, key) & 1) != 0;
}

const char *
seconds_text(int64_t duration_ns, char text[static SECONDS_TEXT_SIZE])
{
	snprintf(text, SECONDS_TEXT_SIZE, "%.9g", (double)duration_ns / 1e9);
	return text;
}

void
derive_timeout(const struct option *table, uint64_t given, const char *key, int64_t *value_ns, int64_t timeout_ns)
{
	if ((given >> option_index(table, key) & 1) == 0 && *value_ns > timeout_ns)
		*value_ns = timeout_ns;
}

void
cross_check_timeout(struct cross_check *check, const char *key, int64_t value_ns, int64_t timeout_ns)
{
	char value[SECONDS_TEXT_SIZE], timeout[SECONDS_TEXT_SIZE];

	if (cross_given(check, key) && value_ns > timeout_ns)
		check->error(check, key, "must be at most timeout (%s seconds), got %s: lower it or raise timeout",
		    seconds_text(timeout_ns, timeout), seconds_text(value_ns, value));
}

static const char *
family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

/* An interface's name as the kernel takes it. */
static void
check_interface(struct cross_check *check, const char *interface)
{
	size_t length = strlen(interface);

	if (length == 0 || length >= IFNAMSIZ)
		check->error(check, "interface", "must be an interface's name of 1 to %d characters, got %zu",
		    IFNAMSIZ - 1, length);
	else if (strpbrk(interface, "/: \t\n") != NULL)
		check->error(check, "interface", "must be an interface's name, without slash, colon and blanks");
}

void
remote_cross_check_host(struct cross_check *check, const char *host)
{
	const struct remote_args *remote = check->args;
	int family = remote_family(remote);
	struct address address, source;
	bool literal = host != NULL && address_parse(host, &address);

	if (literal && family != AF_UNSPEC && address.family != family)
		check->error(check, "address_family", "must be left out or %s: the host %s is an %s address",
		    family_choices[address.family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6], host,
		    family_name(address.family));
	if (remote->source != NULL && address_parse(remote->source, &source)) {
		if (literal && source.family != address.family)
			check->error(check, "source", "must be an %s address as the host %s is, got %s",
			    family_name(address.family), host, remote->source);
		else if (family != AF_UNSPEC && source.family != family)
			check->error(check, "source", "must be an %s address as address_family says, got %s",
			    family_name(family), remote->source);
	}
	if (remote->interface != NULL)
		check_interface(check, remote->interface);
}

void
remote_cross_check(struct cross_check *check)
{
	remote_cross_check_host(check, ((const struct remote_args *)check->args)->host);
}

void
cross_check_files(struct cross_check *check, bool verify, const char *ca_file, const char *client_cert,
    const char *client_key)
{
	if (client_cert != NULL && client_key == NULL)
		check->error(check, "client_cert", "needs client_key (the same file when it holds both)");
	if (client_key != NULL && client_cert == NULL)
		check->error(check, "client_key", "needs client_cert (the same file when it holds both)");
	if (ca_file != NULL && !verify)
		check->error(
		    check, "ca_file", "has no effect without verify_ssl: set verify_ssl to true or leave it out");
}
