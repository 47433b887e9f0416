/*
 * A connection on which bytes go both ways, never blocking: a plain one (stream.c), or one inside TLS (tls_stream.c).
 */
#ifndef EXACHECK_STREAM_H
#define EXACHECK_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "../common/address.h"
#include "../common/result.h"

enum stream_status {
	STREAM_DONE,	    /* bytes went; the handshake is complete */
	STREAM_WANTS_READ,  /* again when the descriptor is readable */
	STREAM_WANTS_WRITE, /* again when it is writable */
	STREAM_ENDED,	    /* the other side sends no more */
	STREAM_FAILED,	    /* result holds the verdict */
};

struct stream {
	int fd;			/* connected, non-blocking; the caller's */
	const char *host;	/* as configured: whose certificate is expected, unless the arguments say otherwise */
	char name[ADDRESS_TEXT_SIZE + 16]; /* of the other side, for messages */
	struct result *result;	/* the caller's */
	void *session;		/* the operations' own, NULL at first */
};

struct stream_ops {
	const char *connected; /* what has been achieved by then, to stand before the name: "connected to" */

	/* What must be agreed upon before bytes go; NULL: nothing. DONE once, then never called again. */
	enum stream_status (*handshake)(struct stream *);

	/* Some bytes, at most length or size: DONE with how many, above 0. send never says ENDED. */
	enum stream_status (*send)(struct stream *, const char *data, size_t length, size_t *sent);
	enum stream_status (*receive)(struct stream *, char *data, size_t size, size_t *received);

	/* Free the session. orderly: tell the other side. The descriptor stays open. May be NULL. */
	void (*close)(struct stream *, bool orderly);
};

extern const struct stream_ops stream_plain;

/* The verdict on an errno: "WHAT 192.0.2.1 port 80: Connection reset by peer". Returns STREAM_FAILED. */
enum stream_status stream_errno(struct stream *, int error, const char *what);

#endif
