/*
 * What exacheck-address is told. Touches a file in the runtime directory, which says that there may be addresses of ours.
 * Invariant: what is told is of the configuration in force; while it is not known whether a node wants its addresses these
 * are left as they are.
 */
#include "addresses.h"

#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "checks.h"
#include "config.h"
#include "helper.h"
#include "host_addresses.h"
#include "launcher.h"
#include "view.h"
#include "view_internal.h"

#define LINGER_NS (500 * NS_PER_MILLISECOND) /* of an address after the node has come down: ExaBGP withdraws meanwhile */
#define RETRY_NS (1 * NS_PER_SECOND)
#define FILE_NAME "addresses"
#define MARK_FIRST UINT32_C(0xec000000) /* no metric that anybody would choose; its other bits tell runtime directories apart */
#define MARK_OWN UINT32_C(0x00ffffff)
#define FNV_OFFSET UINT32_C(0x811c9dc5)
#define FNV_PRIME UINT32_C(0x01000193)

enum want { WANT_NOT, WANT_HELD, WANT };

/* A node's wish. */
struct wish_state {
	enum want want, told;
	monotime_t released; /* when a wish was first seen to be over; 0: it is not */
};

struct addresses {
	struct config *const *config;
	const struct checks *checks;
	const struct identity *identity;
	struct helper *helper;
	char *file;    /* is there while there may be addresses of ours; NULL: the runtime directory is another's */
	uint32_t mark; /* of addresses of ours */
	const struct config *made_of; /* what the list was made of; NULL: it could not be */
	struct host_address *list;
	struct wish_state *wishes; /* of the list */
	size_t count;
	bool dynamic; /* some of them are */
	bool owed;    /* exacheck-address is needed, if only to look for what a predecessor left */
	bool told;    /* the one that runs knows what told says */
	bool over;    /* nothing is wanted any more */
	size_t wanted, there;
};

static uint32_t
digest_add(uint32_t digest, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		digest = (digest ^ bytes[i]) * FNV_PRIME;
	return digest;
}

/* The same for every process on this runtime directory; of one that does not have it to itself, its own. */
static uint32_t
mark_make(const char *runtime_dir, bool alone)
{
	uint32_t digest = digest_add(FNV_OFFSET, runtime_dir, strlen(runtime_dir));
	pid_t pid = getpid();

	if (!alone)
		digest = digest_add(digest, &pid, sizeof(pid));
	return MARK_FIRST | ((digest ^ digest >> 24) & MARK_OWN);
}

/* False: out of memory, and the list is of a former configuration. */
static bool
list_make(struct addresses *addresses)
{
	struct host_address *list;
	struct wish_state *wishes;
	size_t count;

	if (addresses->made_of == *addresses->config)
		return true;
	addresses->made_of = NULL;
	if (!host_addresses_make(*addresses->config, &list, &count))
		return false;
	if ((wishes = calloc(count + 1, sizeof(*wishes))) == NULL) {
		free(list);
		return false;
	}
	free(addresses->list);
	free(addresses->wishes);
	addresses->list = list;
	addresses->wishes = wishes;
	addresses->count = count;
	addresses->made_of = *addresses->config;
	addresses->told = addresses->dynamic = false;
	for (size_t i = 0; i < count; i++)
		addresses->dynamic |= list[i].dynamic;
	return true;
}

static bool
addresses_setup(void *context, char **line)
{
	struct addresses *addresses = context;
	const struct identity *identity = addresses->identity;

	*line = NULL;
	if (!list_make(addresses))
		return false;
	if (addresses->count == 0 && !addresses->owed)
		return true;
	*line = view_line("setup", json_pack("{sI sI sb ss sI}", "uid", (json_int_t)identity->uid, "gid",
	    (json_int_t)identity->gid, "drop", identity->drop, "sandbox", sandbox_level_names[identity->sandbox], "mark",
	    (json_int_t)addresses->mark));
	return *line != NULL;
}

/* There may be addresses of ours from now on. */
static void
addresses_begin(void *context)
{
	struct addresses *addresses = context;
	int fd;

	addresses->told = false;
	addresses->wanted = addresses->there = 0;
	if (addresses->owed)
		return;
	addresses->owed = true;
	if (addresses->file == NULL)
		return;
	if ((fd = open(addresses->file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) == -1)
		log_warn("cannot write %s: if exacheck is killed, and started again without any ip_setup, addresses stay",
		    addresses->file);
	else
		close(fd);
}

/* What a node wants now; *next: when it may be something else. */
static enum want
want_now(const struct host_address *address, const struct node *node, struct wish_state *state, monotime_t now,
    monotime_t *next)
{
	monotime_t due;

	if (!address->dynamic || node->wish == WISH_UP || node->wish == WISH_DRAIN || node->guarded) {
		state->released = (monotime_t){0};
		return WANT;
	}
	if (node->wish == WISH_NOTHING)
		return WANT_HELD;
	/* the route comes first, and this takes no time when there was none */
	if (state->released.ns == 0)
		state->released = now;
	due = monotime_add(state->released, LINGER_NS);
	if (!monotime_before(now, due))
		return WANT_NOT;
	if (monotime_before(due, *next))
		*next = due;
	return WANT_HELD;
}

/* Returns whether there is something to tell. */
static bool
wishes_look(struct addresses *addresses, monotime_t now, monotime_t *next)
{
	bool news = !addresses->told;

	*next = MONOTIME_NEVER;
	for (size_t i = 0; i < addresses->count; i++) {
		struct wish_state *state = &addresses->wishes[i];

		state->want = addresses->over ? WANT_NOT :
		    want_now(&addresses->list[i], checks_node(addresses->checks, addresses->list[i].rank), state, now, next);
		news |= state->want != state->told;
	}
	return news;
}

/* Each address once, as the one wants it who wants it most. NULL: out of memory. */
static json_t *
wanted_list(const struct addresses *addresses)
{
	json_t *list = json_array();
	char text[ADDRESS_TEXT_SIZE];
	size_t next;

	for (size_t i = 0; list != NULL && i < addresses->count; i = next) {
		const struct host_address *address = &addresses->list[i];
		enum want want = WANT_NOT;

		for (next = i; next < addresses->count && host_address_same(address, &addresses->list[next]); next++)
			if (addresses->wishes[next].want > want)
				want = addresses->wishes[next].want;
		if (want != WANT_NOT && json_array_append_new(list, json_pack("[sssb]", address->interface,
		    address_format(&address->address, text), address->label, want == WANT_HELD)) == -1)
			return view_whole(list, false);
	}
	return list;
}

static bool
wanted_tell(struct addresses *addresses, struct evbuffer *out)
{
	json_t *list = wanted_list(addresses);
	char *line = list != NULL ? view_line("want", json_pack("{so}", "addresses", list)) : NULL;
	bool told = line != NULL && evbuffer_add(out, line, strlen(line)) == 0;

	free(line);
	for (size_t i = 0; told && i < addresses->count; i++)
		addresses->wishes[i].told = addresses->wishes[i].want;
	addresses->told |= told;
	return told;
}

static monotime_t
addresses_tell(void *context, struct evbuffer *out, monotime_t now)
{
	struct addresses *addresses = context;
	monotime_t next;

	/* in the midst of a reload the checks are of another configuration than the list, and it is followed soon */
	if (addresses->made_of != *addresses->config)
		return monotime_add(now, RETRY_NS);
	if (wishes_look(addresses, now, &next) && !wanted_tell(addresses, out))
		return monotime_add(now, RETRY_NS);
	return next;
}

/* "addresses: 2 of 3". */
static bool
addresses_hear(void *context, const char *word)
{
	struct addresses *addresses = context;
	unsigned there, wanted;
	int length = 0;

	if (sscanf(word, "addresses: %4u of %4u%n", &there, &wanted, &length) != 2 || word[length] != '\0' ||
	    wanted > IP_SETUP_ADDRESSES_MAX || there > wanted)
		return false;
	addresses->there = there;
	addresses->wanted = wanted;
	return true;
}

static const struct helper_kind kind = {
	.name = "exacheck-address",
	.program = LAUNCHER_ADDRESS,
	.setup = addresses_setup,
	.begin = addresses_begin,
	.tell = addresses_tell,
	.hear = addresses_hear,
};

struct addresses *
addresses_new(struct event_base *base, struct config *const *config, const struct checks *checks,
    const struct identity *identity, struct launcher *launcher, bool alone)
{
	const char *runtime_dir = (*config)->global.runtime_dir;
	struct addresses *addresses = calloc(1, sizeof(*addresses));

	if (addresses == NULL)
		return NULL;
	*addresses = (struct addresses){.config = config, .checks = checks, .identity = identity,
	    .mark = mark_make(runtime_dir, alone)};
	if (alone && asprintf(&addresses->file, "%s/%s", runtime_dir, FILE_NAME) == -1)
		addresses->file = NULL;
	else if ((addresses->helper = helper_new(base, &kind, identity, launcher, addresses)) != NULL) {
		addresses->owed = addresses->file != NULL && access(addresses->file, F_OK) == 0;
		return addresses;
	}
	addresses_free(addresses);
	return NULL;
}

void
addresses_free(struct addresses *addresses)
{
	if (addresses == NULL)
		return;
	helper_free(addresses->helper);
	free(addresses->file);
	free(addresses->list);
	free(addresses->wishes);
	free(addresses);
}

void
addresses_configure(struct addresses *addresses)
{
	helper_configure(addresses->helper);
}

void
addresses_changed(struct addresses *addresses)
{
	if (addresses->dynamic && !addresses->over)
		helper_press(addresses->helper);
}

void
addresses_stop(struct addresses *addresses, bool keep)
{
	if (!keep) {
		addresses->over = true;
		addresses->told = false;
		helper_press(addresses->helper);
		if (addresses->told && addresses->file != NULL)
			unlink(addresses->file);
		else if (!addresses->told && addresses->owed)
			log_warnx("exacheck-address does not listen: addresses of ours stay until the next start");
	}
	helper_stop(addresses->helper);
}

pid_t
addresses_pid(const struct addresses *addresses)
{
	return helper_pid(addresses->helper);
}

void
addresses_leave(struct addresses *addresses)
{
	helper_leave(addresses->helper);
}

bool
addresses_reaped(struct addresses *addresses, pid_t pid, int status)
{
	return helper_reaped(addresses->helper, pid, status);
}

void
addresses_figures(const struct addresses *addresses, struct addresses_figures *figures)
{
	*figures = (struct addresses_figures){addresses->wanted, addresses->there, helper_failures(addresses->helper)};
}
