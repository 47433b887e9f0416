/*
 * Settings at a reload. Touches the two sets of settings and the channel. Invariant: what the running configuration
 * says of a setting is what is in force.
 */
#include "settings.h"

#include <bsd/string.h>
#include <string.h>

#include "../common/log.h"
#include "channel.h"
#include "confine.h"
#include "identity.h"

/* Texts that are read once, at the start. */
static const struct {
	const char *name;
	size_t offset;
} fixed[] = {
	{"exacheck.runtime_dir", offsetof(struct global_options, runtime_dir)},
	{"exacheck.exabgp.output", offsetof(struct global_options, exabgp.output)},
};

static bool
text_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
settings_same(const struct config *a, const struct config *b)
{
	return options_equal(document_table, a, b) && loggers_equal(a, b) && notifications_equal(a, b);
}

/* Append a key to the list in text unless both have the same of it. */
static void
key_append(char *text, size_t size, const char *key, bool same)
{
	if (same)
		return;
	if (*text != '\0')
		strlcat(text, ", ", size);
	strlcat(text, key, size);
}

void
settings_tell(const struct config *old, const struct config *new)
{
	char text[200] = "";

	for (const struct option *option = document_table; option->name != NULL; option++)
		key_append(text, sizeof(text), option->name,
		    option_equal(option, option_at_const(option, old), option_at_const(option, new)));
	key_append(text, sizeof(text), "logging", loggers_equal(old, new));
	key_append(text, sizeof(text), "notifications", notifications_equal(old, new));
	if (*text != '\0')
		log_info("changed: %s", text);
}

bool
settings_possible(const struct global_options *options, struct identity *identity)
{
	return identity_find(options, identity) && supervisor_confinable((enum sandbox_level)options->sandbox);
}

bool
settings_concern_workers(const struct global_options *old, const struct global_options *new)
{
	return !text_same(old->user, new->user) || !text_same(old->group, new->group) || old->sandbox != new->sandbox;
}

static void
fixed_keep(struct global_options *old, struct global_options *new, const char *name, size_t offset)
{
	char **was = (char **)(void *)((char *)old + offset), **is = (char **)(void *)((char *)new + offset), *kept = *was;

	if (text_same(*was, *is))
		return;
	log_warnx("%s stays %s: a change needs a restart", name, *was != NULL ? *was : "as it is");
	*was = *is;
	*is = kept;
}

void
settings_change(struct global_options *old, struct global_options *new, struct channel *channel,
    const struct config *config)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		fixed_keep(old, new, fixed[i].name, fixed[i].offset);
	if (old->sandbox != new->sandbox)
		log_warnx("exacheck.sandbox: workers change to it; exacheck itself stays confined as it is until a restart");
	if (!options_equal(global_table, old, new))
		channel_change(channel, config);
}
