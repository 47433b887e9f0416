/*
 * A connection to the control socket of exacheck: requests, and the lines of their answers. The protocol is documented
 * in exacheck-ctl(8).
 */
#ifndef EXACHECK_CTL_CLIENT_H
#define EXACHECK_CTL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "ctl.h"

#define CLIENT_PROTOCOL 1

struct client;

enum client_line {
	CLIENT_LINE,
	CLIENT_END,	/* of the answer: all went well */
	CLIENT_CLOSED,	/* the connection is at its end */
	CLIENT_ERROR,	/* see client_error */
};

/* The patience of ctl, else this many seconds, is for each line of an answer; 0: there is no limit. Never NULL. */
struct client *client_new(const struct ctl *, double patience_s);
void client_free(struct client *);

/* Send a request, connecting first. Takes the map over, and adds the protocol's version. False: see client_error. */
bool client_request(struct client *, json_t *request);
/* The next line of the answer, cleaned unless ctl wants JSON; the caller's. *line is set for CLIENT_LINE only. */
enum client_line client_next(struct client *, json_t **line);

/* What went wrong: an exit code and words for people. */
enum ctl_exit client_error(const struct client *, const char **text);
/* The same, after telling the words. */
enum ctl_exit client_complain(const struct client *);

/* Whether the error is that the configuration changed under the answer: to be asked again. */
bool client_changed(const struct client *);

/* {"command": command, "names": [...]}, names left out if there are none. */
json_t *request_new(const char *command, char *const *names, size_t count);

/*
 * Ask, and call for each line of the answer; line is the client's. At the first that returns false the rest is not
 * read. What goes wrong is told, unless it is CTL_DONE.
 */
typedef bool client_visit(void *context, json_t *line);
enum ctl_exit client_ask(struct client *, json_t *request, client_visit *, void *context);

#endif
