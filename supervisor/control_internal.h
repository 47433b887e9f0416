/*
 * What the files of the control socket share: control.c (who is served when), control_socket.c (the socket's file),
 * control_client.c (a connection), control_answer.c (what is said), control_select.c (names), control_command.c (the
 * table of commands), and a file a group of commands. Nobody else includes it.
 *
 * All work is done in slices of the loop's last priority, a step of one client after the other, as long as there is
 * credit: see control.c. A command is its step function, which says at most a few lines each time it is called.
 */
#ifndef EXACHECK_CONTROL_INTERNAL_H
#define EXACHECK_CONTROL_INTERNAL_H

#include <bsd/sys/queue.h>
#include <jansson.h>
#include <sys/types.h>

#include "../common/log.h"
#include "control.h"
#include "control_request.h"
#include "control_socket.h"
#include "log_limit.h"

struct event;
struct evbuffer;

/* What ends an answer that went wrong; the codes are documented in exacheck-ctl(8). */
enum control_error {
	CONTROL_PROTOCOL_UNKNOWN, /* of another version */
	CONTROL_REQUEST_BAD,	  /* not JSON, too long, a field that is none */
	CONTROL_COMMAND_UNKNOWN,
	CONTROL_PERMISSION_LACKING,
	CONTROL_NAME_UNKNOWN, /* no node matches */
	CONTROL_STATE_WRONG,  /* not possible now */
	CONTROL_CHANGED,      /* the set of checks is another one by now */
	CONTROL_MEMORY_SHORT,
	CONTROL_REFUSED, /* a reload or an upgrade */
	CONTROL_BUSY,	 /* too many clients */
	CONTROL_ERRORS
};

/* What a step came to. */
enum control_step {
	STEP_MORE,   /* call again as soon as there is room */
	STEP_WAIT,   /* call again after answer_wake */
	STEP_DONE,   /* nothing more to say */
	STEP_FAILED, /* answer_error was said */
	STEP_MEMORY, /* there was none for what is to be said */
};

/* A request that is being answered. */
struct control_answer {
	struct client *client;
	struct control *control;
	const struct control_command *command; /* NULL: none is */
	struct control_request request;
	unsigned long generation; /* of the set of checks */

	/* The nodes that are asked for: see control_select.c */
	unsigned char *selected; /* a bit a rank; owned */
	size_t selected_count;
	size_t pattern; /* of the request's names: the one that is looked at */
	size_t looked, matches; /* the next node for it; how many have it */

	/* The step function's own */
	size_t rank;	 /* of the next node */
	uint64_t number; /* of the next event, or whatever is counted */
	monotime_t wakes; /* from STEP_WAIT, at the latest; 0: whenever */
	void *own; /* freed with own_free */
	void (*own_free)(void *);
};

struct control_command {
	const char *name;
	unsigned fields; /* that a request may have: see control_request.h */
	bool writes;	 /* changes something: for root and exacheck's own user, and names must be said */
	bool lasting;	 /* does not depend on the set of checks staying the same */
	enum control_step (*step)(struct control_answer *);
	/* A name that no node has means something else to the command: STEP_MORE; STEP_DONE: it does not. NULL: never. */
	enum control_step (*other)(struct control_answer *, const char *name);
};

/* What a client keeps us waiting for. */
enum client_wait { WAIT_NOTHING, WAIT_REQUEST /* the first byte */, WAIT_REST /* of the line */, WAIT_READER, WAITS };

struct client {
	TAILQ_ENTRY(client) entry;
	TAILQ_ENTRY(client) by_ready;
	struct control *control;
	bool ready; /* has a place in the queue */
	int fd;
	uid_t uid;
	pid_t pid;
	bool writer; /* may change something */
	bool counted; /* among the readers */
	struct event *readable, *writable;
	struct evbuffer *in, *out;
	size_t scanned; /* so much of in has no end of line */
	bool ended;	/* no more requests come */
	bool closing;	/* once out is written */
	bool asleep;	/* the answer waits */
	bool woken;	/* before it could fall asleep */
	enum client_wait wait;
	monotime_t since; /* it waits */
	struct control_answer answer;
};

struct control {
	struct event_base *base;
	const struct view *view;
	struct checks *checks;
	struct workers *workers;
	struct control_acts acts;
	char user[64]; /* name of the user that exacheck runs as, "": it has none */
	unsigned long generation; /* of the set of checks */

	struct control_socket socket;
	struct event *acceptable;
	bool accepting; /* somebody may be waiting to be accepted */
	bool stuck;	/* accept(2) failed: not again before the next sweep */
	TAILQ_HEAD(, client) clients;
	size_t count, readers; /* of clients; that may not write */
	uint64_t accepted, dropped, refused; /* clients so far: dropped for keeping us waiting, refused for want of room */

	TAILQ_HEAD(, client) ready;
	struct event *work, *sweep;
	bool working, sweeping; /* they are armed */
	int64_t credit_ns;
	monotime_t filled;
	struct log_limit log;
};

/* control.c */

/* It has something to do: it gets its turn. */
void control_ready(struct client *);
/* Rate-limited, at debug. */
void control_tell(struct control *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* control_client.c */

/* Takes the descriptor. */
void client_new(struct control *, int fd);
void client_free(struct client *);
/* One step of it. Returns whether it has more to do at once; it may be gone if not. */
bool client_turn(struct client *);
/* Time has passed: one that keeps us waiting too long is dropped. */
void client_sweep(struct client *, monotime_t now);

/* control_answer.c: what is said to a client. */

/* A line of this type with the fields of the map, which is taken; NULL is no memory, too. False: out of memory. */
bool answer_say(struct control_answer *, const char *type, json_t *map);
/* The same as a step's result, with another step to come. */
enum control_step answer_more(struct control_answer *, const char *type, json_t *map);
/* The end of an answer. */
enum control_step answer_error(struct control_answer *, enum control_error, const char *, ...)
    __attribute__((format(printf, 3, 4)));
/* A line ends the request and begins the answer; what is wrong with it is said. */
void answer_begin(struct client *, const char *line, size_t length);
/* What was begun is over, however. */
void answer_clear(struct control_answer *);
/* The next step of an answer: false when there is nothing to do for it before answer_wake. */
bool answer_step(struct control_answer *);
/* One that said STEP_WAIT can go on. */
void answer_wake(struct control_answer *);
/* The same for all that are made by this step function. */
void answers_wake(struct control *, enum control_step (*step)(struct control_answer *));

/* control_select.c */

/* Look at one more of the request's names. STEP_MORE: there may be more of them; STEP_DONE: all nodes are known. */
enum control_step select_step(struct control_answer *);
/* The next selected node from answer->rank on, which is set to the one after it. False: there is none. */
bool select_next(struct control_answer *, size_t *rank);
bool select_has(const struct control_answer *, size_t rank);

/* control_command.c */

/* NULL: there is none of this name. */
const struct control_command *control_command_find(const char *name);
/* Nearest name, NULL: none is near. */
const char *control_command_suggest(const char *name);

/* The commands' steps. */
enum control_step control_version(struct control_answer *);
enum control_step control_status(struct control_answer *);
enum control_step control_history(struct control_answer *);
enum control_step control_routes(struct control_answer *);
enum control_step control_routes_other(struct control_answer *, const char *name);
enum control_step control_events(struct control_answer *);
enum control_step control_check(struct control_answer *);
enum control_step control_reload(struct control_answer *);
enum control_step control_upgrade(struct control_answer *);
enum control_step control_log(struct control_answer *);
enum control_step control_notify_test(struct control_answer *);
enum control_step control_disable(struct control_answer *); /* and drain */
enum control_step control_enable(struct control_answer *);

/* control_override.c: look up the user's name, while waiting for a name service hurts nobody. */
void control_user_find(struct control *);

#endif
