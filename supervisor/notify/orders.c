/*
 * The setup. Touches memory only. Invariant: orders are whole, or not used.
 */
#include "orders.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/monotime.h"

#define SECONDS_MAX (365.0 * 86400)

/* Malloc'd. False: no text, or out of memory. */
static bool
text_read(char **text, const json_t *map, const char *key, const char **where)
{
	const char *value = json_string_value(json_object_get(map, key));

	*where = key;
	*text = value != NULL ? strdup(value) : NULL;
	return *text != NULL;
}

static bool
seconds_read(int64_t *ns, const json_t *map, const char *key, const char **where)
{
	const json_t *value = json_object_get(map, key);
	double seconds = json_number_value(value);

	*where = key;
	if (!json_is_number(value) || !(seconds >= 0) || seconds > SECONDS_MAX)
		return false;
	*ns = (int64_t)(seconds * NS_PER_SECOND);
	return true;
}

static bool
integer_read(int64_t *number, const json_t *map, const char *key, int64_t min, const char **where)
{
	const json_t *value = json_object_get(map, key);

	*where = key;
	*number = json_integer_value(value);
	return json_is_integer(value) && *number >= min && *number <= INT32_MAX;
}

static bool
checks_read(struct digest_rules *rules, const json_t *map, const char **where)
{
	const json_t *list = json_object_get(map, "checks");
	size_t count = json_array_size(list);

	*where = "checks";
	if (!json_is_array(list) || (count > 0 && (rules->checks = calloc(count, sizeof(rules->checks[0]))) == NULL))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name == NULL || (rules->checks[i] = strdup(name)) == NULL)
			return false;
		rules->check_count++;
	}
	return true;
}

static bool
events_read(struct digest_rules *rules, const json_t *map, const char **where)
{
	const json_t *list = json_object_get(map, "events");

	*where = "events";
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		unsigned event = LOG_EVENT_USUAL + 1;

		while (name != NULL && event < LOG_EVENTS && strcmp(log_event_name((enum log_event)event), name) != 0)
			event++;
		if (name == NULL || event == LOG_EVENTS)
			return false;
		rules->events[event] = true;
	}
	return json_is_array(list);
}

static bool
target_read(struct orders_target *target, const json_t *map, const char **where)
{
	target->rules.general = json_is_true(json_object_get(map, "general"));
	return text_read(&target->name, map, "name", where) && text_read(&target->url, map, "url", where) &&
	    checks_read(&target->rules, map, where) && events_read(&target->rules, map, where) &&
	    seconds_read(&target->rules.group_ns, map, "group", where) &&
	    seconds_read(&target->timeout_ns, map, "timeout", where) &&
	    seconds_read(&target->retry_ns, map, "retry", where) && integer_read(&target->rate, map, "rate", 1, where);
}

static bool
targets_read(struct orders *orders, const json_t *setup, const char **where)
{
	const json_t *list = json_object_get(setup, "targets");
	size_t count = json_array_size(list);

	*where = "targets";
	if (!json_is_array(list))
		return false;
	if (count > 0 && (orders->targets = calloc(count, sizeof(orders->targets[0]))) == NULL)
		return false;
	orders->target_count = count; /* those that are not read yet are empty */
	for (size_t i = 0; i < count; i++)
		if (!target_read(&orders->targets[i], json_array_get(list, i), where))
			return false;
	return true;
}

static bool
sentry_read(struct orders *orders, const json_t *setup, const char **where)
{
	const json_t *map = json_object_get(setup, "sentry"), *rate = json_object_get(map, "sample_rate");

	*where = "sentry";
	if (map == NULL || json_is_null(map))
		return true;
	orders->sample_rate = json_number_value(rate);
	return json_is_number(rate) && text_read(&orders->dsn, map, "dsn", where);
}

bool
orders_read(struct orders *orders, const json_t *setup, const char **where)
{
	*orders = (struct orders){0};
	if (!text_read(&orders->host, setup, "host", where) || !text_read(&orders->version, setup, "version", where) ||
	    !integer_read(&orders->pid, setup, "pid", 1, where) || !targets_read(orders, setup, where) ||
	    !sentry_read(orders, setup, where))
		return false;
	orders->sender = (struct sender){orders->host, orders->version};
	return true;
}

static void
secret_wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
}

static void
secret_free(char *text)
{
	secret_wipe(text);
	free(text);
}

void
orders_forget_secrets(struct orders *orders)
{
	for (size_t i = 0; i < orders->target_count; i++)
		secret_wipe(orders->targets[i].url);
	secret_wipe(orders->dsn);
}

void
orders_free(struct orders *orders)
{
	for (size_t i = 0; i < orders->target_count; i++) {
		struct orders_target *target = &orders->targets[i];

		for (size_t k = 0; k < target->rules.check_count; k++)
			free(target->rules.checks[k]);
		free(target->rules.checks);
		free(target->name);
		secret_free(target->url);
	}
	free(orders->targets);
	free(orders->host);
	free(orders->version);
	secret_free(orders->dsn);
	*orders = (struct orders){0};
}
