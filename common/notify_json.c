/*
 * What a webhook's URL says. Pure.
 */
#include "notify_json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECONDS_MAX 3600.0

static const char *const methods[] = {"POST", "PUT", "PATCH", "GET", "DELETE", "HEAD"};

bool
notify_header_name(const char *text)
{
	if (text[0] == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr("!#$%&'*+-.^_`|~", *text) == NULL)
			return false;
	return true;
}

static bool
seconds_read(const struct notify_parts *parts, const char *name, double *seconds, char *error)
{
	const char *text = notify_parts_value(parts, name);
	char *end;

	*seconds = 0;
	if (text == NULL)
		return true;
	*seconds = strtod(text, &end);
	if (*end != '\0' || !isfinite(*seconds) || *seconds <= 0 || *seconds > SECONDS_MAX)
		return notify_url_refuse(error, "must have %s=SECONDS, more than 0 and at most %.0f", name, SECONDS_MAX);
	return true;
}

static bool
method_read(struct notify_json *json, char *error)
{
	const char *text = notify_parts_value(&json->parts, "method");

	json->method = methods[0];
	if (text == NULL)
		return true;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		json->method = methods[i];
		if (strcasecmp(text, methods[i]) == 0)
			return true;
	}
	return notify_url_refuse(error, "must have method= one of POST, PUT, PATCH, GET, DELETE, HEAD");
}

static bool
headers_check(const struct notify_parts *parts, char *error)
{
	for (size_t i = 0; i < parts->count; i++)
		if (parts->parameters[i].sign == '+' && !notify_header_name(parts->parameters[i].name))
			return notify_url_refuse(error, "must have a header's name after each + of a parameter, as in "
			    "+X-Token=abc");
	return true;
}

static bool
json_read(struct notify_json *json, char *error)
{
	json->tls = strcmp(json->parts.scheme, "jsons") == 0;
	json->verify = notify_parts_verify(&json->parts);
	return notify_parts_override(&json->parts, error) && method_read(json, error) &&
	    seconds_read(&json->parts, "cto", &json->connect_s, error) &&
	    seconds_read(&json->parts, "rto", &json->read_s, error) && headers_check(&json->parts, error);
}

bool
notify_json_parse(struct notify_json *json, const char *url, char error[static NOTIFY_URL_ERROR_SIZE])
{
	*json = (struct notify_json){0};
	if (!notify_parts_parse(&json->parts, url, error))
		return false;
	if (json_read(json, error))
		return true;
	notify_json_free(json);
	return false;
}

void
notify_json_free(struct notify_json *json)
{
	notify_parts_free(&json->parts);
}
