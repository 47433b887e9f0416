/*
 * Computing profiles. Invariant: a need is there only because an argument of this check asks for it.
 */
#include "sandbox.h"

#include <string.h>

#include "address.h"
#include "methods/method.h"

#define DNS_PORT 53

const char *const sandbox_level_names[SANDBOX_LEVELS] = {
	[SANDBOX_LEVEL_BEST_EFFORT] = "best_effort",
	[SANDBOX_LEVEL_STRICT] = "strict",
	[SANDBOX_LEVEL_OFF] = "off",
};

/*
 * What getaddrinfo(3) reads: its configuration, and the modules that nsswitch.conf may name with theirs. Not all
 * of /etc: a worker that resolves names is no reason to show it the accounts.
 */
const char *const sandbox_resolver_paths[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/host.conf",
	"/etc/gai.conf",
	"/etc/mdns.allow",
	"/etc/ld.so.cache",
	"/usr/lib/",
	"/usr/lib64/",
	"/lib/",
	"/lib64/",
	"/run/systemd/resolve/",
	"/run/nscd/",
	"/var/lib/sss/mc/",
	NULL,
};

void
sandbox_need_port(struct sandbox_profile *profile, unsigned port)
{
	for (unsigned i = 0; i < profile->port_count; i++)
		if (profile->ports[i] == port)
			return;
	if (profile->port_count == SANDBOX_PORTS_MAX)
		profile->any_port = true;
	else
		profile->ports[profile->port_count++] = (uint16_t)port;
}

void
sandbox_need_host(struct sandbox_profile *profile, const char *host)
{
	struct address address;

	/* a zone's name is looked up at every execution, by the C library and with a socket, much as a host's is */
	if (strchr(host, '%') == NULL && address_parse(host, &address))
		return;
	profile->needs |= NEED_RESOLVER | NEED_LOOK;
	sandbox_need_port(profile, DNS_PORT); /* truncated answers come by TCP */
}

void
sandbox_profile(struct sandbox_profile *profile, const struct check_method *method, const void *args, const char *disable)
{
	const struct remote_args *remote = args;

	*profile = (struct sandbox_profile){.needs = method->needs};
	if (disable != NULL && disable[0] != '\0')
		profile->needs |= NEED_LOOK;
	if (method->remote) {
		profile->bind = remote->source != NULL;
		if (remote->source != NULL)
			sandbox_need_host(profile, remote->source);
		profile->mark = remote->mark != OPTION_UNSET;
	}
	if (method->confine != NULL)
		method->confine(profile, args);
	if (method->remote && remote->host != NULL)
		sandbox_need_host(profile, remote->host);
}
