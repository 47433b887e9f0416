/*
 * The control socket: those who may ask, and change. A unix stream socket; its protocol is documented in
 * exacheck-ctl(8). Whatever a client does, it is served after everything else, with bounded memory, and harms nobody.
 */
#ifndef EXACHECK_CONTROL_H
#define EXACHECK_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "control_protocol.h"
#include "reload.h"
#include "view.h"

struct control;
struct event_base;
struct workers;

/* What changes something; all called from the loop. */
struct control_acts {
	/*
	 * Load the file anew and, unless dry, apply it; findings and what changes are written to report, a line each. NULL,
	 * or why it cannot be done now, and *result is not set.
	 */
	const char *(*reload)(void *context, bool dry, FILE *report, enum reload_result *result);
	/* Begin an upgrade. NULL, or why it cannot be begun now; what comes of it is told by control_upgrade_refused. */
	const char *(*upgrade)(void *context);
	/*
	 * Nodes were overridden, or are no longer: timers and files are to follow. NULL, or why the next start will not know
	 * of it, which lives until the next call.
	 */
	const char *(*changed)(void *context);
	/*
	 * Send a test to a target, or all, see notifier.h. NULL and *id, or why it cannot be done now; what comes of it is
	 * told by control_tested.
	 */
	const char *(*notify_test)(void *context, size_t target, uint32_t *id);
	void *context;
};

/* The view, its checks and the workers outlive the result; acts are copied. Nothing is open yet. NULL: out of memory. */
struct control *control_new(struct event_base *, const struct view *, struct checks *, struct workers *,
    const struct control_acts *);
void control_free(struct control *);

/*
 * Listen as the configuration in force says, anew when it says something else than before. What goes wrong is logged,
 * and costs nothing but the socket.
 */
void control_listen(struct control *);
/* From time to time: likewise, if somebody has removed the socket. */
void control_attend(struct control *);
/* The path of the socket, NULL: there is none. */
const char *control_path(const struct control *);

/* There is another event, or result of a check: who waits for one has it. */
void control_heard(void *control);
void control_result(struct control *);

/* An upgrade came to nothing: why. Who waits for it is told. One that succeeds ends every connection. */
void control_upgrade_refused(struct control *, const char *why);

/* What came of the test of a target: a notifier_tested. */
void control_tested(void *control, uint32_t id, size_t target, bool ok, const char *text);

#endif
