/*
 * Taking URLs of notifications apart. Pure. Invariant: no error holds a character of what was read; what was read is
 * wiped when it is freed.
 */
#include "notify_parts.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "option_error.h"
#include "utf8.h"

bool
notify_url_refuse(char error[static NOTIFY_URL_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, NOTIFY_URL_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return false;
}

/* Take percent-encoding away, in place. False: a broken one, or a byte that no text holds. */
static bool
decode(char *text)
{
	char *out = text, digits[3] = "";

	for (; *text != '\0'; text++) {
		if (*text == '%') {
			if (!isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
				return false;
			memcpy(digits, text + 1, 2);
			*out = (char)strtoul(digits, NULL, 16);
			text += 2;
		} else {
			*out = *text;
		}
		/* no new line in a header of mail or HTTP, and no other trick by one */
		if ((unsigned char)*out < ' ' || *out == 0x7f)
			return false;
		out++;
	}
	*out = '\0';
	return true;
}

static bool
scheme_parse(char scheme[static NOTIFY_SCHEME_SIZE], const char **text, char *error)
{
	const char *end = strstr(*text, "://");
	size_t length = end == NULL ? 0 : (size_t)(end - *text);

	if (length == 0 || length >= NOTIFY_SCHEME_SIZE)
		return notify_url_refuse(error, "must be a URL such as jsons://www.example.net/hook or mailto://...");
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)(*text)[i];

		if (!isalpha(c) && (i == 0 || (!isdigit(c) && strchr("+-.", c) == NULL)))
			return notify_url_refuse(error, "must begin with a scheme of letters and digits before its ://");
		scheme[i] = (char)tolower(c);
	}
	scheme[length] = '\0';
	*text = end + 3;
	return true;
}

static bool
user_parse(struct notify_parts *parts, char *text, char *error)
{
	char *colon = strchr(text, ':');

	parts->user = text;
	if (colon != NULL) {
		*colon++ = '\0';
		parts->password = colon;
	}
	if (!decode(text) || (colon != NULL && !decode(colon)))
		return notify_url_refuse(error, "has a %% in its user or password that is not followed by two hexadecimal "
		    "digits of a printable character: write %%25 for a %%");
	return true;
}

/* By the parser of http URLs, so that host and port have one reading everywhere. */
static bool
host_parse(struct notify_parts *parts, const char *text, char *error)
{
	char reason[OPTION_ERROR_SIZE], http[URL_HOST_SIZE + 32];
	struct url url;

	if (text[0] == '\0')
		return notify_url_refuse(error, "must name a host after its ://");
	if (snprintf(http, sizeof(http), "http://%s", text) >= (int)sizeof(http))
		return notify_url_refuse(error, "must have a host of at most 255 characters");
	if (!url_parse(http, &url, reason))
		return notify_url_refuse(error,
		    "must have, after its :// and a user, a host name or address (IPv6: in brackets) and, if any, a port of 1 to "
		    "65535; in a password / ? # are written %%2F %%3F %%23");
	snprintf(parts->host, sizeof(parts->host), "%s", url.host);
	parts->port = url.port;
	return true;
}

static bool
authority_parse(struct notify_parts *parts, char *text, char *error)
{
	char *at = strrchr(text, '@');

	if (at != NULL) {
		*at = '\0';
		if (!user_parse(parts, text, error))
			return false;
		text = at + 1;
	}
	return host_parse(parts, text, error);
}

/* Whether it may stand in JSON and in mails. */
static bool
utf8_valid(const char *text)
{
	char copy[NOTIFY_URL_MAX + 1];

	snprintf(copy, sizeof(copy), "%s", text);
	utf8_sanitise(copy);
	return strcmp(copy, text) == 0;
}

static bool
parameter_parse(struct notify_parts *parts, char *text, char *error)
{
	struct notify_parameter *parameter = &parts->parameters[parts->count];
	char *value = text + strcspn(text, "=");

	if (text[0] == '\0')
		return true;
	if (parts->count == NOTIFY_PARAMETERS_MAX)
		return notify_url_refuse(error, "has more than %d parameters", NOTIFY_PARAMETERS_MAX);
	parts->count++;
	if (*value == '=')
		*value++ = '\0';
	if (!decode(text) || !decode(value))
		return notify_url_refuse(error, "has a %% in a parameter that is not followed by two hexadecimal digits of a "
		    "printable character: write %%25 for a %%");
	if (!utf8_valid(text) || !utf8_valid(value))
		return notify_url_refuse(error, "has a parameter that is not UTF-8 without its percent-encoding");
	*parameter = (struct notify_parameter){.name = text, .value = value};
	if (text[0] == '+' || text[0] == '-' || text[0] == ':') {
		parameter->sign = text[0];
		parameter->name++;
	}
	return true;
}

static bool
parameters_parse(struct notify_parts *parts, char *text, char *error)
{
	char *next;

	while ((next = strsep(&text, "&;")) != NULL)
		if (!parameter_parse(parts, next, error))
			return false;
	return true;
}

static bool
parts_split(struct notify_parts *parts, char *text, char *error)
{
	const char *begin = text;
	char *query, *fragment;
	size_t length;

	if (!scheme_parse(parts->scheme, &begin, error))
		return false;
	text += begin - text;
	if ((fragment = strchr(text, '#')) != NULL)
		*fragment = '\0';
	if ((query = strchr(text, '?')) != NULL)
		*query++ = '\0';
	length = strcspn(text, "/");
	if (text[length] == '/') {
		/* what is before goes down by one, for its NUL: the scheme is not needed any more */
		parts->path = text + length;
		memmove(text - 1, text, length);
		text--;
		text[length] = '\0';
	}
	return authority_parse(parts, text, error) && (query == NULL || parameters_parse(parts, query, error));
}

static bool
text_check(const char *url, char *error)
{
	size_t length = strlen(url);

	if (length > NOTIFY_URL_MAX)
		return notify_url_refuse(error, "must be at most %d characters long", NOTIFY_URL_MAX);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)url[i] < ' ' || url[i] == 0x7f)
			return notify_url_refuse(error, "must be a URL without control characters");
	return true;
}

bool
notify_parts_parse(struct notify_parts *parts, const char *url, char error[static NOTIFY_URL_ERROR_SIZE])
{
	*parts = (struct notify_parts){.path = ""};
	if (!text_check(url, error))
		return false;
	if ((parts->text = strdup(url)) == NULL)
		return notify_url_refuse(error, "cannot be read: out of memory");
	parts->size = strlen(url) + 1;
	if (parts_split(parts, parts->text, error))
		return true;
	notify_parts_free(parts);
	return false;
}

bool
notify_parts_override(struct notify_parts *parts, char error[static NOTIFY_URL_ERROR_SIZE])
{
	const char *user = notify_parts_value(parts, "user"), *password = notify_parts_value(parts, "pass");
	const char *port = notify_parts_value(parts, "port");
	bool digits = port != NULL && strlen(port) <= 5 && strspn(port, "0123456789") == strlen(port);

	if (user != NULL)
		parts->user = user;
	if (password == NULL)
		password = notify_parts_value(parts, "password");
	if (password != NULL)
		parts->password = password;
	if (port == NULL)
		return true;
	parts->port = digits ? (unsigned)strtoul(port, NULL, 10) : 0;
	return (parts->port >= 1 && parts->port <= 65535) || notify_url_refuse(error, "must have port= of 1 to 65535");
}

bool
notify_other_check(const char *url, char error[static NOTIFY_URL_ERROR_SIZE])
{
	char scheme[NOTIFY_SCHEME_SIZE];

	if (!text_check(url, error) || !scheme_parse(scheme, &url, error))
		return false;
	if (url[strspn(url, " /")] == '\0')
		return notify_url_refuse(error, "must have more than its scheme");
	return true;
}

void
notify_parts_free(struct notify_parts *parts)
{
	if (parts->text != NULL)
		explicit_bzero(parts->text, parts->size);
	free(parts->text);
	explicit_bzero(parts, sizeof(*parts));
}

const char *
notify_parts_value(const struct notify_parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->count; i++) {
		const struct notify_parameter *parameter = &parts->parameters[i];

		if (parameter->sign == '\0' && parameter->value[0] != '\0' && strcasecmp(parameter->name, name) == 0)
			return parameter->value;
	}
	return NULL;
}

bool
notify_parts_verify(const struct notify_parts *parts)
{
	static const char *const no[] = {"no", "false", "0", "off", "deny", "never", "disable", "n", "f"};
	const char *value = notify_parts_value(parts, "verify");

	for (size_t i = 0; value != NULL && i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(value, no[i]) == 0)
			return false;
	return true;
}

bool
notify_parts_ca_file(const struct notify_parts *parts, char **path)
{
	const char *value = notify_parts_value(parts, "ca_file");

	*path = value != NULL ? strdup(value) : NULL;
	return value == NULL || *path != NULL;
}
