/*
 * Which neighbors of ExaBGP's configuration hear what a process says.
 */
#ifndef EXACHECK_HEALTHCHECK_PEERS_H
#define EXACHECK_HEALTHCHECK_PEERS_H

#include "../../common/option.h"
#include "importing.h"

struct peers {
	struct peer_block {
		char *address;
		struct string_list processes;
	} *items;
	size_t count, size;
	bool uncertain; /* there are templates, groups or patterns: who hears what is not looked into */
};

/* Read them. False: the file is wrong, or memory is short; noted. */
bool peers_read(struct importing *, const char *path, const char *text, struct peers *);
void peers_free(struct peers *);

/* Add the addresses of those that hear the process of this name, each once; all: there are no others. False: out of memory. */
bool peers_of(const struct peers *, const char *process, struct string_list *addresses, bool *all);

#endif
