/*
 * The ways to ExaBGP: how one is opened and closed. A transport has two descriptors, which do not block; what
 * goes through them is the channel's business.
 */
#ifndef EXACHECK_CHANNEL_TRANSPORT_H
#define EXACHECK_CHANNEL_TRANSPORT_H

#include <stdbool.h>
#include <sys/types.h>

#define TRANSPORT_PROBLEM_SIZE 512

enum descriptor_kind {
	DESCRIPTOR_STREAM, /* pipe or socket */
	DESCRIPTOR_TERMINAL,
	DESCRIPTOR_PLAIN, /* a file: epoll refuses it */
};

enum transport_outcome {
	TRANSPORT_OPEN,
	TRANSPORT_ABSENT, /* ExaBGP is not there: wait */
	TRANSPORT_WRONG,  /* somebody has to do something; then too it is tried again */
};

struct transport;

struct transport_kind {
	bool lasting; /* ExaBGP comes and goes; else it is there from the start, and its end is ours */
	/* Sets input, output and their kinds, or problem. */
	enum transport_outcome (*open)(struct transport *);
	/* Forget the connection; what is kept for the next one stays until last. */
	void (*close)(struct transport *, bool last);
	/* NULL: notify is never set. Whether somebody opened the way to ExaBGP since the last call. */
	bool (*disturbed)(struct transport *);
};

struct transport {
	const struct transport_kind *kind;
	char *path;	   /* a copy; NULL for stdout */
	int input, output; /* -1: not open */
	enum descriptor_kind input_kind, output_kind;
	int notify;		       /* readable when somebody opened the way to ExaBGP; -1: cannot be told */
	bool output_tells_end;	       /* an error on output says at once that ExaBGP is gone */
	int input_flags, output_flags; /* stdout: to be restored, -1: not changed */
	char problem[TRANSPORT_PROBLEM_SIZE];
};

/* output: a text that output_parse takes. False: out of memory. */
bool transport_init(struct transport *, const char *output);
/* Closes what is open. */
void transport_free(struct transport *);

extern const struct transport_kind transport_stdio, transport_fifo, transport_socket;

/* For the kinds: note what is wrong; returns TRANSPORT_WRONG. */
enum transport_outcome transport_wrong(struct transport *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum transport_outcome transport_absent(struct transport *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Close a descriptor, if it is one, and forget it. */
void transport_close_fd(int *fd);

#endif
