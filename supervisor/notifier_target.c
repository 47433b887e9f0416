/*
 * Who is told what happens, by the configuration. Pure.
 */
#include "config.h"
#include "notifier.h"

const char *
notifier_target(const struct config *config, size_t target)
{
	bool sentry = config->sentry.enabled && config->sentry.dsn != NULL;

	if (target < config->notification_count)
		return config->notifications[target].name;
	return target == config->notification_count && sentry ? "sentry" : NULL;
}
