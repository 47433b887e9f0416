/*
 * Targets. Reads the files of certificates. Invariant: a target's secrets are in its URL and nowhere else in this
 * process.
 */
#include <bsd/string.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/option_error.h"
#include "../../common/result.h"
#include "carrier.h"
#include "target_internal.h"

static LIST_HEAD(, target) targets = LIST_HEAD_INITIALIZER(targets);

static const struct kind *const kinds[] = {
	[NOTIFY_URL_JSON] = &kind_json,
	[NOTIFY_URL_MAIL] = &kind_mail,
	[NOTIFY_URL_APPRISE] = &kind_apprise,
};

static bool
refuse(char error[static TARGET_ERROR_SIZE], const char *text)
{
	strlcpy(error, text, TARGET_ERROR_SIZE);
	return false;
}

/* The certificates that its server is verified by. */
static bool
certificates_read(struct target *target, char error[static TARGET_ERROR_SIZE])
{
	static bool loaded;
	const struct tls_files files = {.verify = target->reach.verify, .ca_file = target->reach.ca_file};
	char text[OPTION_ERROR_SIZE];

	if (!target->reach.tls)
		return true;
	if (!loaded && target->reach.verify && target->reach.ca_file == NULL) {
		if (!tls_material_preload())
			return refuse(error, "out of memory");
		loaded = true;
	}
	if (tls_material_prepare(&target->tls, &files, text))
		return true;
	return refuse(error, target->reach.ca_file != NULL ? "its ca_file cannot be read, or is none" :
	    "no CA certificates to verify its server by: install ca-certificates, or add ca_file=PATH or verify=no");
}

static bool
target_open(struct target *target, const char *name, const char *url, char error[static TARGET_ERROR_SIZE])
{
	char text[NOTIFY_URL_ERROR_SIZE];

	if ((target->name = strdup(name)) == NULL || (target->url = strdup(url)) == NULL)
		return refuse(error, "out of memory");
	if (!target->kind->read(url, &target->reach, text))
		return refuse(error, text);
	if (!target->kind->execute && !carrier_load())
		return refuse(error, "out of memory");
	return certificates_read(target, error);
}

static struct target *
target_make(const char *name, const char *url, const struct kind *kind, char error[static TARGET_ERROR_SIZE])
{
	struct target *target = calloc(1, sizeof(*target));

	if (target == NULL) {
		refuse(error, "out of memory");
		return NULL;
	}
	target->kind = kind;
	LIST_INSERT_HEAD(&targets, target, entry);
	if (target_open(target, name, url, error))
		return target;
	target_free(target);
	return NULL;
}

struct target *
target_new(const char *name, const char *url, char error[static TARGET_ERROR_SIZE])
{
	char text[NOTIFY_URL_ERROR_SIZE];
	enum notify_url_kind kind;

	if (notify_url_check(url, &kind, text))
		return target_make(name, url, kinds[kind], error);
	refuse(error, text);
	return NULL;
}

struct target *
target_new_sentry(const char *dsn, char error[static TARGET_ERROR_SIZE])
{
	return target_make("sentry", dsn, &kind_sentry, error);
}

static void
target_forget(struct target *target)
{
	if (target->url != NULL)
		explicit_bzero(target->url, strlen(target->url));
	explicit_bzero(target->reach.host, sizeof(target->reach.host));
}

void
target_free(struct target *target)
{
	if (target == NULL)
		return;
	LIST_REMOVE(target, entry);
	target_forget(target);
	tls_material_free(&target->tls);
	free(target->reach.ca_file);
	free(target->url);
	free(target->name);
	free(target);
}

void
targets_forget_but(const struct target *kept)
{
	struct target *target;

	LIST_FOREACH(target, &targets, entry)
		if (target != kept)
			target_forget(target);
}

const char *
target_name(const struct target *target)
{
	return target->name;
}

bool
target_needs_apprise(const struct target *target)
{
	return target->kind->execute;
}

void
outcome_set(struct outcome *outcome, enum courier_end end, const char *format, ...)
{
	va_list arguments;

	outcome->end = end;
	va_start(arguments, format);
	vsnprintf(outcome->text, sizeof(outcome->text), format, arguments);
	va_end(arguments);
	text_sanitise(outcome->text);
}
