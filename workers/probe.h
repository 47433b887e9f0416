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
#include <sys/types.h>

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
	monotime_t started;	/* when this address was begun */
	monotime_t deadline;	/* when to call expired; the loop never lets it pass the execution's */
	bool done;		/* result holds the verdict */
	struct result result;
	void *state;		/* ops->state_size zeroed bytes */
};

struct probe_ops {
	size_t state_size;
	void (*start)(struct probe *);		      /* open the socket, send or connect */
	void (*ready)(struct probe *, short revents); /* the descriptor is ready; may exchange it for another */
	void (*expired)(struct probe *);	      /* probe->deadline has passed; may set a later one */
	void (*finish)(struct probe *);		      /* free what state holds; may be NULL */
};

/*
 * Resolve args->host and probe every address. *result: the first failure (all_valid: true) or the first
 * pass (false), else the first of them. Ends as soon as the verdict stands.
 */
void probe_all(const struct probe_ops *, const struct remote_args *args, monotime_t deadline, struct result *result);

/* In start: bring probe->deadline forward to limit_ns nanoseconds after its start; never postpones it. */
void probe_limit(struct probe *, int64_t limit_ns);

/*
 * The probe is over without an answer: done, REASON_TIMEOUT, "WHAT 192.0.2.1 port 80: no answer within 5 s".
 * ignored: packets that came and were no answer to us, 0 where that cannot be.
 */
void probe_timeout(struct probe *, uint16_t port, const char *what, unsigned ignored);

/* The probe is over: done, with the verdict that result_errno gives "WHAT 192.0.2.1 port 80". */
void probe_errno(struct probe *, int error, uint16_t port, const char *what);

/*
 * Make the verdict of several addresses' results, in the resolver's order, by the same rule. The text
 * names the address when there are several. A result whose code is RESULT_CODES has no verdict (it was
 * cut short by another's) and is passed over; all of them without verdict is a local error.
 */
void probe_combine(const struct remote_args *, const struct address *, const struct result *results, size_t count,
    struct result *result);

/*
 * A non-blocking, close-on-exec socket for address with source, interface and mark of args applied.
 * Returns -1 with the failure in *result. Source of a different family than the address: an error.
 */
int probe_socket(const struct remote_args *, const struct address *, int type, int protocol, struct result *result);

/* The options of probe_socket on a socket that is there already. Returns false with the failure in *result. */
bool probe_socket_apply(int fd, const struct remote_args *, const struct address *, struct result *result);

/* Start connecting fd; true when connected or in progress, else false with *result filled. */
bool probe_connect(int fd, const struct address *, uint16_t port, struct result *result);

/* After POLLOUT: whether the connection stands, else the failure in *result. */
bool probe_connected(int fd, const struct address *, uint16_t port, struct result *result);

/*
 * Give the probe a datagram socket connected to its address, so that only this peer's datagrams and errors
 * arrive there, waiting for POLLIN. probe->args must begin with struct remote_args. Returns false when
 * that failed; the probe is then done.
 */
bool probe_datagram(struct probe *, uint16_t port);

/* Send one datagram; on failure the probe is done. */
void probe_send(struct probe *, uint16_t port, const void *data, size_t length);

/* Have the kernel note when datagrams arrive at fd, for probe_receive. Best effort. */
void probe_timestamps(int fd);

/*
 * recvmsg without blocking. from: the sender, or NULL. age_ns: how long ago the datagram arrived, 0 when
 * the kernel did not say. Returns bytes, or -1 with errno.
 */
ssize_t probe_receive(int fd, void *data, size_t size, struct sockaddr_storage *from, int64_t *age_ns);

/* "192.0.2.1 port 80", "2001:db8::1 port 80", without the port when it is 0; for messages. */
const char *probe_name(const struct address *, uint16_t port, char text[static ADDRESS_TEXT_SIZE + 16]);

#endif
