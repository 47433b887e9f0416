/*
 * The state of everything, line by line. Touches what it is given. Invariant: what is written here is read here, and
 * after the program has been executed nothing that cannot be read stops it.
 */
#include "handover.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "../common/message.h"
#include "channel.h"
#include "checks.h"
#include "config.h"
#include "descriptor.h"
#include "diagnostic.h"
#include "hook.h"
#include "kept_state.h"
#include "launcher.h"
#include "loggers.h"
#include "notifier.h"
#include "program.h"
#include "route.h"
#include "worker.h"

/* The new program has been tried on this state before: what fails now is want of memory, which may pass. */
#define BEGIN_ATTEMPTS 3

static const struct state_field handover_fields[] = {
	STATE_FIELD(struct handover, upgrades),
	STATE_FIELD(struct handover, refusals),
	STATE_FIELD(struct handover, reload),
	STATE_FIELD(struct handover, once),
	STATE_FIELD(struct handover, lock),
	STATE_END,
};

static const struct state_field identity_fields[] = {
	STATE_FIELD(struct identity, drop),
	STATE_FIELD(struct identity, uid),
	STATE_FIELD(struct identity, gid),
	STATE_FIELD(struct identity, sandbox),
	STATE_END,
};

/* The header. */

static json_t *
header_save(const struct handover *handover)
{
	json_t *map = state_save(handover_fields, handover);

	if (map != NULL && state_put(map, "state", json_integer(STATE_VERSION)) &&
	    state_put(map, "protocol", json_integer(MESSAGE_PROTOCOL)) && state_put_text(map, "version", program_version))
		return map;
	json_decref(map);
	return NULL;
}

static bool
header_load(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;
	json_int_t version = json_integer_value(json_object_get(map, "state"));
	const char *program = state_text(map, "version");

	if (version != STATE_VERSION) {
		snprintf(error, STATE_ERROR_SIZE, "the state is of version %d, this program knows %d: restart exacheck instead",
		    (int)version, STATE_VERSION);
		return false;
	}
	handover->usable = json_integer_value(json_object_get(map, "protocol")) == MESSAGE_PROTOCOL;
	strlcpy(handover->version, program != NULL ? program : "?", sizeof(handover->version));
	return state_load(handover_fields, handover, map, error);
}

/* The configuration, as text: another version may lay it out differently. */

static json_t *
config_save(const struct handover *handover)
{
	json_t *map = json_object();
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	bool saved = file != NULL && map != NULL;

	if (saved)
		config_print(handover->config, file);
	saved &= file != NULL && ferror(file) == 0;
	if (file != NULL && fclose(file) == EOF)
		saved = false;
	saved = saved && state_put_text(map, "path", handover->config->path) && state_put_text(map, "text", text);
	free(text);
	if (saved)
		return map;
	json_decref(map);
	return NULL;
}

static void
finding_keep(void *context, enum severity severity, const char *line)
{
	char *error = context;

	if (severity == SEVERITY_ERROR && error[0] == '\0')
		strlcpy(error, line, STATE_ERROR_SIZE);
}

static bool
config_load_text(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;
	const char *path = state_text(map, "path"), *text = state_text(map, "text");
	struct diagnostics *diagnostics = path != NULL && text != NULL ? diagnostics_new(path) : NULL;

	if (diagnostics == NULL) {
		snprintf(error, STATE_ERROR_SIZE, "there is none, or no memory for it");
		return false;
	}
	handover->config = config_parse(path, text, strlen(text), diagnostics);
	if (handover->config == NULL)
		diagnostics_each(diagnostics, finding_keep, error);
	diagnostics_free(diagnostics);
	return handover->config != NULL;
}

static bool
identity_load(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	return state_load(identity_fields, &handover->identity, map, error);
}

static bool
launcher_read_state(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	(void)error;
	handover->launcher = launcher_load(map);
	return handover->launcher != NULL;
}

/* Routes. */

struct route_state {
	bool has_path_id;
	uint32_t path_id;
	struct route_left left;
};

static const struct state_field route_fields[] = {
	STATE_FIELD(struct route_state, has_path_id),
	STATE_FIELD(struct route_state, path_id),
	STATE_ENUM(struct route_state, left.sent, ROUTE_WITHDRAWN + 1),
	STATE_ENUM(struct route_state, left.kept, ROUTE_WITHDRAWN + 1),
	STATE_FIELD(struct route_state, left.sent_by_all),
	STATE_FIELD(struct route_state, left.carried),
	STATE_FIELD(struct route_state, left.held),
	STATE_END,
};

static json_t *
route_save(const struct route *route)
{
	const struct route_key *key = route_key(route);
	struct route_state state = {key->has_path_id, key->path_id, route_leave(route)};
	char prefix[PREFIX_TEXT_SIZE];
	json_t *map = state_save(route_fields, &state);

	if (map != NULL && state_put_text(map, "prefix", prefix_format(&key->prefix, prefix)) &&
	    state_put_text(map, "neighbor", key->neighbor) &&
	    state_put_text(map, "sent_attributes", state.left.sent_attributes) &&
	    state_put_text(map, "kept_attributes", state.left.kept_attributes))
		return map;
	json_decref(map);
	return NULL;
}

struct saving {
	FILE *file;
	bool failed;
};

static void
route_write(void *context, const struct route *route)
{
	struct saving *saving = context;

	if (!saving->failed)
		saving->failed = !state_write(saving->file, "route", route_save(route));
}

/* Texts are the map's. */
static bool
route_decode(const json_t *map, struct route_key *key, struct route_state *state, char error[static STATE_ERROR_SIZE])
{
	const char *prefix = state_text(map, "prefix");

	*state = (struct route_state){.path_id = 0};
	if (!state_load(route_fields, state, map, error))
		return false;
	*key = (struct route_key){.has_path_id = state->has_path_id, .path_id = state->path_id,
	    .neighbor = state_text(map, "neighbor")};
	state->left.sent_attributes = state_text(map, "sent_attributes");
	state->left.kept_attributes = state_text(map, "kept_attributes");
	if (prefix != NULL && prefix_parse(prefix, &key->prefix) == PREFIX_OK &&
	    (state->left.sent == ROUTE_ANNOUNCED) == (state->left.sent_attributes != NULL) &&
	    (state->left.kept == ROUTE_ANNOUNCED) == (state->left.kept_attributes != NULL) &&
	    (!state->left.held || state->left.kept == ROUTE_ANNOUNCED))
		return true;
	snprintf(error, STATE_ERROR_SIZE, "no prefix, or attributes that do not belong to it");
	return false;
}

static bool
route_load(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;
	struct route_state state;
	struct route_key key;

	if (!route_decode(map, &key, &state, error))
		return false;
	snprintf(error, STATE_ERROR_SIZE, "out of memory");
	return ledger_restore(handover->ledger, &key, &state.left);
}

/* Checks. */

static bool
check_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	return checks_load(handover->checks, map, error);
}

static bool
group_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	return checks_load_group(handover->checks, map, error);
}

static bool
kept_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	return kept_load(handover->checks, map, error);
}

static bool
channel_read_state(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	return channel_load(handover->channel, map, error);
}

static bool
worker_read_state(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	return workers_load(handover->workers, map, handover->usable, error);
}

static bool
hook_read_state(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	return hooks_load(handover->hooks, map, handover->usable, error);
}

static bool
helper_read_state(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct handover *handover = context;

	(void)error;
	loggers_load(handover->loggers, map);
	notifier_load(handover->notifier, map);
	return true;
}

bool
handover_keep(const struct handover *handover, bool keep)
{
	return descriptor_keep(handover->lock, keep) && launcher_keep(handover->launcher, keep) &&
	    channel_keep(handover->channel, keep) && workers_keep(handover->workers, keep) &&
	    hooks_keep(handover->hooks, keep);
}

bool
handover_save(const struct handover *handover, FILE *file)
{
	struct saving saving = {file, false};

	if (!state_write(file, "exacheck", header_save(handover)) || !state_write(file, "config", config_save(handover)) ||
	    !state_write(file, "identity", state_save(identity_fields, &handover->identity)) ||
	    !state_write(file, "launcher", launcher_save(handover->launcher)))
		return false;
	ledger_each(handover->ledger, route_write, &saving);
	return !saving.failed && checks_save(handover->checks, file) && kept_save(handover->checks, file) &&
	    state_write(file, "channel", channel_save(handover->channel)) && workers_save(handover->workers, file) &&
	    hooks_save(handover->hooks, file) && loggers_save(handover->loggers, file) &&
	    notifier_save(handover->notifier, file) && state_write(file, "end", json_object());
}

/* Whether each line could be loaded, without loading it. */

static bool
launcher_check(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return launcher_state_valid(map, error);
}

static bool
route_check(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct route_state state;
	struct route_key key;

	(void)context;
	return route_decode(map, &key, &state, error);
}

static bool
check_check(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return check_state_valid(map, error);
}

static bool
group_check(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return group_state_valid(map, error);
}

static bool
channel_check(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return channel_state_valid(map, error);
}

static bool
worker_check(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return worker_state_valid(map, error);
}

static bool
hook_check(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	(void)context;
	return hook_state_valid(map, error);
}

bool
handover_check(int file, char error[static STATE_ERROR_SIZE])
{
	static const struct state_reader readers[] = {
		{"exacheck", header_load},
		{"config", config_load_text},
		{"identity", identity_load},
		{"launcher", launcher_check},
		{"route", route_check},
		{"check", check_check},
		{"group", group_check},
		{"channel", channel_check},
		{"worker", worker_check},
		{"hook", hook_check},
		{NULL, NULL},
	};
	struct handover handover = {.version = ""};
	bool good = state_read(file, readers, &handover, error);

	if (good && (handover.config == NULL || handover.version[0] == '\0')) {
		snprintf(error, STATE_ERROR_SIZE, "there is no header, or no configuration");
		good = false;
	}
	config_free(handover.config);
	return good;
}

bool
handover_begin(struct handover *handover, int file, char error[static STATE_ERROR_SIZE])
{
	static const struct state_reader readers[] = {
		{"exacheck", header_load},
		{"config", config_load_text},
		{"identity", identity_load},
		{"launcher", launcher_read_state},
		{NULL, NULL},
	};

	for (int attempt = 0; attempt < BEGIN_ATTEMPTS; attempt++) {
		*handover = (struct handover){.lock = -1};
		snprintf(error, STATE_ERROR_SIZE, "there is no configuration, or no launcher");
		if (state_read(file, readers, handover, error) && handover->config != NULL && handover->launcher != NULL) {
			if (!descriptor_keep(handover->lock, false))
				handover->lock = -1;
			return true;
		}
		config_free(handover->config);
		free(handover->launcher); /* its process is for the next attempt */
	}
	return false;
}

/* One that cannot be loaded is worth a line, and costs the next ones nothing. */
struct lenient {
	struct handover *handover;
	const struct state_reader *reader;
	bool whole; /* each could be loaded */
};

static bool
lenient_read(void *context, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct lenient *lenient = context;

	/* the second attempt is for want of memory, which may pass */
	if (lenient->reader->read(lenient->handover, map, error) || lenient->reader->read(lenient->handover, map, error))
		return true;
	log_errorx("upgrade: a %s could not be restored: %s", lenient->reader->kind, error);
	lenient->whole = false;
	return true;
}

static bool
lenient_load(struct handover *handover, int file, const struct state_reader *readers)
{
	char error[STATE_ERROR_SIZE] = "";
	bool loaded = true;

	for (; readers->kind != NULL; readers++) {
		struct lenient lenient = {handover, readers, true};
		const struct state_reader one[] = {{readers->kind, lenient_read}, {NULL, NULL}};

		if (!state_read(file, one, &lenient, error)) {
			log_errorx("upgrade: what is left of the state cannot be restored: %s", error);
			lenient.whole = false;
		}
		loaded &= lenient.whole;
	}
	return loaded;
}

bool
handover_routes(struct handover *handover, int file)
{
	static const struct state_reader readers[] = {{"route", route_load}, {NULL, NULL}};

	return lenient_load(handover, file, readers);
}

bool
handover_rest(struct handover *handover, int file)
{
	static const struct state_reader readers[] = {
		{"check", check_read},
		{"group", group_read},
		{"kept", kept_read},
		{"channel", channel_read_state},
		{"worker", worker_read_state},
		{"hook", hook_read_state},
		{"helper", helper_read_state},
		{NULL, NULL},
	};

	return lenient_load(handover, file, readers);
}
