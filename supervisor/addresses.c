/*
 * What exacheck-address is told. Touches a file in the runtime directory, which says that there may be addresses of
 * ours. Invariant: what is told is of the configuration in force; while it is not known whether a node wants its
 * addresses these are left as they are.
 */
#include "addresses.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/digest.h"
#include "../common/log.h"
#include "../common/monotime.h"
#include "address_wishes.h"
#include "config.h"
#include "helper.h"
#include "launcher.h"
#include "runtime_path.h"
#include "view.h"
#include "view_internal.h"

#define RETRY_NS (1 * NS_PER_SECOND)
#define FILE_NAME "addresses"
#define MARK_FIRST UINT32_C(0xec000000) /* no metric that anybody would choose */
#define MARK_OWN UINT32_C(0x00ffffff) /* bits that tell runtime directories apart */

struct addresses {
	struct config *const *config;
	const struct checks *checks;
	const struct identity *identity;
	struct helper *helper;
	char *file;    /* is there while there may be addresses of ours; NULL: the runtime directory is another's */
	uint32_t mark; /* of addresses of ours */
	struct address_wishes *wishes;
	const struct config *followed; /* by these; NULL: it could not be */
	bool owed;  /* exacheck-address is needed, if only to look for what a predecessor left */
	bool over, ended; /* nothing is wanted any more; that was told */
	bool leaving; /* and is read by a process whose end says whether it is done */
	bool heard; /* exacheck-address has said how many are wanted and there */
	size_t wanted, there;
};

/* The same for every process on this runtime directory; of one that does not have it to itself, its own. */
static uint32_t
mark_make(const char *runtime_dir, bool alone)
{
	uint64_t digest = digest_add(DIGEST_BEGIN, runtime_dir, strlen(runtime_dir));
	pid_t pid = getpid();

	if (!alone)
		digest = digest_add(digest, &pid, sizeof(pid));
	return MARK_FIRST | (uint32_t)((digest ^ digest >> 24 ^ digest >> 48) & MARK_OWN);
}

/* False: out of memory. */
static bool
config_follow(struct addresses *addresses)
{
	if (addresses->followed != *addresses->config)
		addresses->followed = address_wishes_follow(addresses->wishes, *addresses->config) ? *addresses->config : NULL;
	return addresses->followed != NULL;
}

static bool
addresses_setup(void *context, char **line)
{
	struct addresses *addresses = context;
	const struct identity *identity = addresses->identity;

	*line = NULL;
	if (!config_follow(addresses))
		return false;
	if (!address_wishes_any(addresses->wishes) && !addresses->owed)
		return true;
	*line = view_line("setup", json_pack("{sI sI sb ss sI}", "uid", (json_int_t)identity->uid, "gid",
	    (json_int_t)identity->gid, "drop", identity->drop, "sandbox", sandbox_level_names[identity->sandbox], "mark",
	    (json_int_t)addresses->mark));
	return *line != NULL;
}

static void
file_make(const struct addresses *addresses)
{
	int fd;

	if (addresses->file == NULL)
		return;
	if ((fd = open(addresses->file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) == -1)
		log_warn("cannot write %s: if exacheck is killed, and started again without any ip_setup, addresses stay",
		    addresses->file);
	else
		close(fd);
}

/* There may be addresses of ours from now on. */
static void
addresses_begin(void *context)
{
	struct addresses *addresses = context;

	address_wishes_begin(addresses->wishes);
	addresses->heard = false;
	addresses->wanted = addresses->there = 0;
	if (addresses->owed)
		return;
	addresses->owed = true;
	file_make(addresses);
}

static bool
wanted_tell(struct addresses *addresses, struct evbuffer *out)
{
	char *line = address_wishes_line(addresses->wishes);
	bool told = line != NULL && evbuffer_add(out, line, strlen(line)) == 0;

	free(line);
	if (told)
		address_wishes_told(addresses->wishes);
	addresses->ended |= told && addresses->over;
	return told;
}

static monotime_t
addresses_tell(void *context, struct evbuffer *out, monotime_t now)
{
	struct addresses *addresses = context;
	monotime_t next;

	/* in the midst of a reload the checks are of another configuration than the wishes, which follow soon */
	if (addresses->followed != *addresses->config && !addresses->over)
		return monotime_add(now, RETRY_NS);
	if (address_wishes_look(addresses->wishes, addresses->checks, now, &next) && !wanted_tell(addresses, out))
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
	addresses->heard = true;
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
	addresses->file = alone ? runtime_path(runtime_dir, FILE_NAME) : NULL;
	if ((addresses->file != NULL || !alone) && (addresses->wishes = address_wishes_new()) != NULL &&
	    (addresses->helper = helper_new(base, &kind, identity, launcher, addresses)) != NULL) {
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
	address_wishes_free(addresses->wishes);
	free(addresses);
}

void
addresses_configure(struct addresses *addresses)
{
	helper_configure(addresses->helper);
	helper_press(addresses->helper); /* before the routes of this configuration are on their way */
}

void
addresses_attend(struct addresses *addresses)
{
	if (addresses->owed && !addresses->over && addresses->file != NULL && access(addresses->file, F_OK) == -1)
		file_make(addresses);
}

void
addresses_changed(struct addresses *addresses)
{
	if (address_wishes_dynamic(addresses->wishes))
		helper_press(addresses->helper);
}

bool
addresses_starting(const struct addresses *addresses)
{
	return helper_wanted(addresses->helper) && helper_pid(addresses->helper) == 0;
}

void
addresses_stop(struct addresses *addresses, bool keep)
{
	if (!keep) {
		addresses->over = true;
		address_wishes_end(addresses->wishes);
		helper_press(addresses->helper);
		addresses->leaving = addresses->ended && helper_told(addresses->helper);
		if (!addresses->leaving && addresses->owed)
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

/* There was nobody left to tell when it ended. done: no address of ours is there any more. */
static void
addresses_left(struct addresses *addresses, bool done)
{
	addresses->leaving = false;
	if (!done)
		log_warnx("exacheck-address did not take all addresses away: what is left stays until the next start");
	else if (addresses->file != NULL)
		unlink(addresses->file);
}

bool
addresses_reaped(struct addresses *addresses, pid_t pid, int status)
{
	bool last = addresses->leaving && pid == helper_pid(addresses->helper);

	if (!helper_reaped(addresses->helper, pid, status))
		return false;
	if (last)
		addresses_left(addresses, WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
	return true;
}

/* While exacheck-address has said nothing, which it never may if it cannot be started, this is known here. */
static size_t
wanted_count(const struct addresses *addresses)
{
	monotime_t next;

	if (addresses->heard || addresses->followed == NULL || addresses->followed != *addresses->config)
		return addresses->wanted;
	address_wishes_look(addresses->wishes, addresses->checks, monotime_now(), &next);
	return address_wishes_count(addresses->wishes);
}

void
addresses_figures(const struct addresses *addresses, struct addresses_figures *figures)
{
	*figures = (struct addresses_figures){wanted_count(addresses), addresses->there,
	    helper_failures(addresses->helper)};
}
