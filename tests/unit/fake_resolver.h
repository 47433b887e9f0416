/*
 * getaddrinfo(3) for tests: takes the C library's place in the program that includes this file. A name is
 * answered with the literal addresses it lists ("192.0.2.1,::1"), or fails with fake_resolver_code.
 */
#ifndef EXACHECK_TESTS_FAKE_RESOLVER_H
#define EXACHECK_TESTS_FAKE_RESOLVER_H

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"

struct fake_entry {
	struct addrinfo info;
	struct sockaddr_storage storage;
};

static int fake_resolver_code;	/* 0, or the EAI_ code of every look-up */
static int fake_resolver_calls;

/* The C library's prototypes use reserved names and attributes; these only have to match their types. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list);
void freeaddrinfo(struct addrinfo *list);

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	char *copy, *save = NULL;
	struct addrinfo **tail = list;
	struct address address;

	(void)service;
	*list = NULL;
	fake_resolver_calls++;
	if (fake_resolver_code != 0)
		return fake_resolver_code;
	if ((copy = strdup(name)) == NULL)
		abort();
	for (char *item = strtok_r(copy, ",", &save); item != NULL; item = strtok_r(NULL, ",", &save)) {
		struct fake_entry *entry = calloc(1, sizeof(*entry));

		if (entry == NULL || !address_parse(item, &address))
			abort();
		entry->info.ai_family = address.family;
		entry->info.ai_addrlen = address_to_sockaddr(&address, 0, &entry->storage);
		entry->info.ai_addr = (struct sockaddr *)&entry->storage;
		if (hints != NULL && hints->ai_family != AF_UNSPEC && hints->ai_family != address.family) {
			free(entry);
			continue;
		}
		*tail = &entry->info;
		tail = &entry->info.ai_next;
	}
	free(copy);
	return 0;
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free((struct fake_entry *)(void *)list);
		list = next;
	}
}

#endif
