/*
 * Sentry DSNs. Pure.
 */
#include "notify_dsn.h"

#include <ctype.h>
#include <string.h>

#define EXAMPLE "must be a DSN such as https://KEY@HOST/PROJECT"

static bool
key_check(const char *key)
{
	if (key == NULL || key[0] == '\0')
		return false;
	for (; *key != '\0'; key++)
		if (!isalnum((unsigned char)*key) && strchr("-_.", *key) == NULL)
			return false;
	return true;
}

static bool
dsn_read(struct notify_dsn *dsn, char *error)
{
	const struct notify_parts *parts = &dsn->parts;
	const char *slash = strrchr(parts->path, '/');

	dsn->tls = strcmp(parts->scheme, "https") == 0;
	if (!dsn->tls && strcmp(parts->scheme, "http") != 0)
		return notify_url_refuse(error, EXAMPLE ": its scheme is https, or http");
	if (!key_check(parts->user))
		return notify_url_refuse(error, EXAMPLE ": a key of letters and digits, and an @, come before its host");
	if (slash == NULL || slash[1] == '\0' || slash[1 + strspn(slash + 1, "0123456789")] != '\0')
		return notify_url_refuse(error, EXAMPLE ": its path ends in the project's number");
	dsn->project = slash + 1;
	dsn->base = (size_t)(slash - parts->path);
	return true;
}

bool
notify_dsn_parse(struct notify_dsn *dsn, const char *text, char error[static NOTIFY_URL_ERROR_SIZE])
{
	*dsn = (struct notify_dsn){0};
	if (strstr(text, "://") == NULL)
		return notify_url_refuse(error, EXAMPLE);
	if (!notify_parts_parse(&dsn->parts, text, error))
		return false;
	if (dsn_read(dsn, error))
		return true;
	notify_dsn_free(dsn);
	return false;
}

void
notify_dsn_free(struct notify_dsn *dsn)
{
	notify_parts_free(&dsn->parts);
}
