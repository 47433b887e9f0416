/*
 * The channel across an upgrade: its descriptors stay open, and whoever is at their other ends notices nothing. Touches
 * what channel.c does. Invariant: with nothing in flight and no line half written, what is said next is the next line.
 */
#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

#include "../common/log.h"
#include "channel_internal.h"
#include "descriptor.h"
#include "loop.h"

static const struct state_field channel_fields[] = {
	STATE_FIELD(struct channel, open),
	STATE_FIELD(struct channel, there),
	STATE_FIELD(struct channel, waiting),
	STATE_END,
};

static const struct state_field transport_fields[] = {
	STATE_FIELD(struct transport, input),
	STATE_FIELD(struct transport, output),
	STATE_ENUM(struct transport, input_kind, DESCRIPTOR_PLAIN + 1),
	STATE_ENUM(struct transport, output_kind, DESCRIPTOR_PLAIN + 1),
	STATE_FIELD(struct transport, notify),
	STATE_FIELD(struct transport, output_tells_end),
	STATE_FIELD(struct transport, input_flags),
	STATE_FIELD(struct transport, output_flags),
	STATE_END,
};

/* The standard descriptors are open in any case; a terminal that was opened once more is so again. */
static bool
transport_keep(const struct transport *transport, bool keep)
{
	const int fds[] = {transport->input, transport->output, transport->notify};
	bool kept = true;

	for (size_t i = 0; transport->kind->lasting && i < sizeof(fds) / sizeof(fds[0]); i++)
		kept &= fds[i] <= STDERR_FILENO || descriptor_keep(fds[i], keep);
	return kept;
}

bool
channel_keep(const struct channel *channel, bool keep)
{
	return transport_keep(&channel->transport, keep);
}

json_t *
channel_save(const struct channel *channel)
{
	json_t *map = state_save(channel_fields, channel);

	if (map != NULL && state_put(map, "transport", state_save(transport_fields, &channel->transport)) &&
	    state_put(map, "exabgp", exabgp_save(channel->exabgp)))
		return map;
	json_decref(map);
	return NULL;
}

bool
channel_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct channel channel;
	struct transport transport;

	return state_load(channel_fields, &channel, map, error) &&
	    state_load(transport_fields, &transport, json_object_get(map, "transport"), error) &&
	    exabgp_state_valid(json_object_get(map, "exabgp"), error);
}

/* Whether what was left open is open. Of stdout only the flags are news: the rest has been opened already. */
static bool
transport_adopt(struct transport *transport, const struct transport *found, bool open)
{
	struct transport left = *found;

	if (!transport->kind->lasting) {
		if (found->input_flags != -1)
			transport->input_flags = found->input_flags;
		if (found->output_flags != -1)
			transport->output_flags = found->output_flags;
		return true;
	}
	left.kind = transport->kind;
	left.path = transport->path;
	if (!transport_keep(&left, false) || (open && (left.input == -1 || left.output == -1)))
		return false;
	*transport = left;
	return true;
}

bool
channel_load(struct channel *channel, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct transport found = {.input = -1, .output = -1, .notify = -1, .input_flags = -1, .output_flags = -1};
	bool lasting = channel->transport.kind->lasting;

	if (!channel_state_valid(map, error) ||
	    !state_load(transport_fields, &found, json_object_get(map, "transport"), error))
		return false;
	if (!transport_adopt(&channel->transport, &found, json_is_true(json_object_get(map, "open")))) {
		snprintf(error, STATE_ERROR_SIZE, "its descriptors are lost: ExaBGP is told everything anew");
		return false;
	}
	if (!state_load(channel_fields, channel, map, error) ||
	    !exabgp_load(channel->exabgp, json_object_get(map, "exabgp"), error))
		return false;
	if (lasting && channel->open)
		channel_watch(channel);
	/* what was read last may have been the word that ends us */
	if (channel->transport.input_kind == DESCRIPTOR_STREAM && channel->open)
		event_active(channel->readable, EV_READ, 0);
	event_active(channel->flush, EV_TIMEOUT, 0);
	return true;
}
