/*
 * Which URLs of notifications there are. Pure. Invariant: what is accepted here exacheck-notify accepts too: both
 * read it with the same parsers.
 */
#include "notify_url.h"

#include <string.h>
#include <strings.h>

#include "notify_dsn.h"
#include "notify_json.h"
#include "notify_mail.h"
#include "notify_parts.h"

static bool
json_check(const char *url, char *error)
{
	struct notify_json json;

	if (!notify_json_parse(&json, url, error))
		return false;
	notify_json_free(&json);
	return true;
}

static bool
mail_check(const char *url, char *error)
{
	struct notify_mail mail;

	if (!notify_mail_parse(&mail, url, error))
		return false;
	notify_mail_free(&mail);
	return true;
}

static const struct {
	const char *scheme;
	enum notify_url_kind kind;
	bool (*check)(const char *url, char *error);
} schemes[] = {
	{"json://", NOTIFY_URL_JSON, json_check},
	{"jsons://", NOTIFY_URL_JSON, json_check},
	{"mailto://", NOTIFY_URL_MAIL, mail_check},
	{"mailtos://", NOTIFY_URL_MAIL, mail_check},
};

bool
notify_url_check(const char *url, enum notify_url_kind *kind, char error[static NOTIFY_URL_ERROR_SIZE])
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
			*kind = schemes[i].kind;
			return schemes[i].check(url, error);
		}
	*kind = NOTIFY_URL_APPRISE;
	return notify_other_check(url, error);
}

bool
notify_dsn_check(const char *text, char error[static NOTIFY_URL_ERROR_SIZE])
{
	struct notify_dsn dsn;

	if (!notify_dsn_parse(&dsn, text, error))
		return false;
	notify_dsn_free(&dsn);
	return true;
}
