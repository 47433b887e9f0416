/*
 * Probing several addresses at once within one deadline: resolves the host, starts one probe per address,
 * waits in one poll loop, combines the results (all_valid or any). A method supplies only what happens
 * on one address.
 */
#ifndef EXACHECK_PROBE_H
#define EXACHECK_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/address.h"
#include "../common/methods/method.h"
#include "../common/monotime.h"
#include "../common/result.h"

/* One address under probe. The method sets fd, events and deadline; the loop calls it back. */
struct probe {
	const void *args;	/* the method's */
	struct address address;
	int fd;			/* -1: none; closed by the loop when done */
	short events;		/* poll(2) events to wait for */
	monotime_t deadline;	/* when to call expired; the loop never lets it pass the execution's */
	bool done;		/* result holds the verdict */
	struct result result;
	void *state;		/* ops->state_size zeroed bytes */
};

struct probe_ops {
	size_t state_size;
	void (*start)(struct probe *);		      /* open the socket, send or connect */
	void (*ready)(struct probe *, short revents); /* the descriptor is ready */
	void (*expired)(struct probe *);	      /* probe->deadline has passed; may set a later one */
	void (*finish)(struct probe *);		      /* free what state holds; may be NULL */
};

/* Resolve args->host and probe every address; *result: first failure (all_valid) or first pass, else the first failure. */
void probe_all(const struct probe_ops *, const struct remote_args *args, monotime_t deadline, struct result *result);

/*
 * Make the verdict of several addresses' results, in the resolver's order, by the same rule. The text
 * names the address when there are several.
 */
void probe_combine(const struct remote_args *, const struct address *, const struct result *results, size_t count,
    struct result *result);

/*
 * A non-blocking, close-on-exec socket for address with source, interface and mark of args applied.
 * Returns -1 with the failure in *result. Source of a different family than the address: an error.
 */
int probe_socket(const struct remote_args *, const struct address *, int type, int protocol, struct result *result);

/* Start connecting fd; true when connected or in progress, else false with *result filled. */
bool probe_connect(int fd, const struct address *, uint16_t port, struct result *result);

/* After POLLOUT: whether the connection stands, else the failure in *result. */
bool probe_connected(int fd, const struct address *, uint16_t port, struct result *result);

/* "192.0.2.1 port 80", "2001:db8::1 port 80"; for messages. */
const char *probe_name(const struct address *, uint16_t port, char text[static ADDRESS_TEXT_SIZE + 16]);

#endif
