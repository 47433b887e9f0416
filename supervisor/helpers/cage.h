/*
 * The sandbox of a helper: what it may still do once it does its work, as data. common/sandbox.h and common/landlock.h
 * have the words.
 */
#ifndef EXACHECK_HELPERS_CAGE_H
#define EXACHECK_HELPERS_CAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "../../common/sandbox.h"

#define CAGE_PLACES_MAX 256

/* Of every helper's setup. */
struct cage_identity {
	bool drop; /* change to uid and gid */
	uid_t uid;
	gid_t gid;
	enum sandbox_level sandbox;
};

/* A file, or a directory with all below it. */
struct cage_place {
	int path; /* open descriptor (O_PATH is enough) */
	uint64_t rights; /* LANDLOCK_FS_ */
};

struct cage {
	struct cage_identity identity;
	/*
	 * It stays who it is, root too, with these capabilities at most (bits of the first 32) of those it has. Who does not
	 * can take CAP_NET_ADMIN along.
	 */
	bool keep_identity;
	uint32_t capabilities;
	/* System calls: those of these needs (enum sandbox_need), and of further lists (the last NULL; NULL: none). */
	unsigned needs;
	const struct sandbox_call *const *calls;
	bool unfiltered; /* any: it executes programs of which nobody knows what they need */
	struct cage_place places[CAGE_PLACES_MAX];
	size_t count;
	bool connect; /* to any TCP port */
	/* Bounds; RLIM_INFINITY: none of ours. Of processes: all of the user's. Core files are never written. */
	rlim_t file_size, processes, descriptors, memory;
	unsigned farewell_s; /* how long it may go on without the supervisor, and after SIGTERM */
};

/*
 * Of the map of a setup: drop, uid, gid, sandbox. False: that is no setup, or they are not all there.
 */
bool cage_identity_read(struct cage_identity *, const json_t *setup);

/* Leave rights to what this descriptor is of, or to what is there at a path, if anything is. False: too many. */
bool cage_allow(struct cage *, int path, uint64_t rights);
bool cage_allow_path(struct cage *, const char *path, uint64_t rights);

/*
 * Enter, for good. What was applied goes to report (size bytes), for people; false: why it cannot be. What the kernel
 * lacks is only reported, unless the setup says strict. SIGTERM and the supervisor's death end it after its farewell;
 * other signals of a terminal are ignored.
 */
bool cage_enter(const struct cage *, char *report, size_t size);

#endif
