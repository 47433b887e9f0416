/*
 * Route commands in ExaBGP's dialects. Pure. Invariant: what exabgp_command returns passes
 * exabgp_command_allowed; anything else is refused, whatever the configuration's checks let through.
 */
#include "exabgp_command.h"

#include <stdio.h>
#include <string.h>

#include "exabgp.h"

static const char *const words[] = {"announce", "withdraw", "route", "neighbor", "peer", "next-hop", "self", "med",
    "local-preference", "as-path", "community", "large-community", "extended-community", "path-information", "[", "]",
    "*"};

static bool
word_allowed(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
			return true;
	/* Numbers, addresses, prefixes, communities: no command word can be made of these. */
	return strspn(word, "0123456789abcdefABCDEF:./x") >= length;
}

bool
exabgp_command_allowed(const char *line)
{
	size_t length;

	for (;; line += length + 1) {
		length = strcspn(line, " ");
		if (length == 0 || !word_allowed(line, length))
			return false;
		if (line[length] == '\0')
			return true;
	}
}

/* Who is addressed, before the command. */
static int
format_target(enum exabgp_dialect dialect, const char *neighbor, char *line, size_t size)
{
	if (dialect == DIALECT_V6)
		return snprintf(line, size, "peer %s ", neighbor != NULL ? neighbor : "*");
	if (neighbor != NULL)
		return snprintf(line, size, "neighbor %s ", neighbor);
	*line = '\0';
	return 0;
}

size_t
exabgp_command(enum exabgp_dialect dialect, const struct route_key *key, const char *attributes, char *line,
    size_t size)
{
	char prefix[PREFIX_TEXT_SIZE], path_id[40] = "";
	int target, rest;

	if (size == 0)
		return 0;
	if (key->has_path_id)
		snprintf(path_id, sizeof(path_id), " path-information %u", key->path_id);
	target = format_target(dialect, key->neighbor, line, size);
	if (target < 0 || (size_t)target >= size)
		return 0;
	/* A withdraw goes without next hop: ExaBGP drops some withdraws that have one. */
	rest = snprintf(line + target, size - (size_t)target, "%s route %s%s%s%s",
	    attributes != NULL ? "announce" : "withdraw", prefix_format(&key->prefix, prefix), path_id,
	    attributes != NULL ? " " : "", attributes != NULL ? attributes : "");
	if (rest < 0 || (size_t)rest >= size - (size_t)target || !exabgp_command_allowed(line))
		return 0;
	return (size_t)(target + rest);
}
