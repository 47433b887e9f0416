/*
 * The payload of webhooks: the members that Apprise has, under its names, and what programs want to know besides.
 */
#include "json_payload.h"

#include <jansson.h>
#include <limits.h>
#include <unistd.h>

#include "../../common/json_dump.h"
#include "letter.h"

#define PAYLOAD_VERSION "1.0"

static json_t *
payload_make(const struct letter *letter)
{
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	return json_pack("{s:s, s:s, s:s, s:s, s:[], s:s, s:s, s:O*, s:O}", "version", PAYLOAD_VERSION, "title", letter->title,
	    "message", letter->body, "type", letter_kind_name(letter->kind), "attachments", "host", host, "exacheck",
	    EXACHECK_VERSION, "summary", letter->summary, "events", letter->data);
}

/* False: out of memory. */
static bool
parameter_apply(json_t *payload, const struct notify_parameter *parameter)
{
	json_t *member = json_object_get(payload, parameter->name);

	if (member == NULL)
		return json_object_set_new(payload, parameter->name, json_string(parameter->value)) == 0;
	json_incref(member);
	json_object_del(payload, parameter->name);
	if (parameter->value[0] != '\0')
		return json_object_set_new(payload, parameter->value, member) == 0;
	json_decref(member);
	return true;
}

char *
json_payload(const struct letter *letter, const struct notify_parts *parts)
{
	json_t *payload = payload_make(letter);
	bool made = payload != NULL;
	char *text;

	for (size_t i = 0; made && i < parts->count; i++)
		if (parts->parameters[i].sign == ':')
			made = parameter_apply(payload, &parts->parameters[i]);
	text = made ? json_dump(payload, JSON_COMPACT) : NULL;
	json_decref(payload);
	return text;
}
