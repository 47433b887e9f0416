/*
 * What the files of the supervisor share: supervisor.c (made, started, ended), supervisor_hear.c (what it hears), and
 * supervisor_act.c (what it is asked for). Nobody else includes it.
 */
#ifndef EXACHECK_SUPERVISOR_INTERNAL_H
#define EXACHECK_SUPERVISOR_INTERNAL_H

#include <event2/event.h>

#include "channel.h"
#include "chronicle.h"
#include "config_kept.h"
#include "handover.h"
#include "identity.h"
#include "node_journal.h"
#include "reload.h"
#include "signals.h"
#include "supervisor.h"
#include "upgrade.h"
#include "view.h"

struct supervisor {
	const struct supervisor_start *start;
	struct config *config;
	struct config_kept kept; /* it, for who comes after a crash */
	struct identity identity;
	struct event_base *base;
	struct ledger *ledger;
	struct journal *journal;
	struct checks *checks;
	struct node_journal notes; /* of these */
	struct overrides *overrides; /* likewise */
	struct pulse *pulse; /* of the checks */
	bool guarding;	     /* the guard keeps something announced */
	struct launcher *launcher;
	struct workers *workers;
	struct hooks *hooks;
	struct channel *channel;
	struct signals *signals;
	struct event *title; /* when it is to be shown anew */
	struct watch *watch; /* of the configuration's file */
	struct stop *stop;
	struct once *once; /* NULL: it goes on */
	bool done; /* what is announced stays so at the end */
	bool last; /* nobody comes after: it is withdrawn, whatever on_exit says */
	struct upgrade *upgrade;
	struct events *events;
	struct chronicle chronicle; /* of checks and events */
	struct view view;
	struct view_counts counts;
	struct feed *feed;
	struct loggers *loggers;
	struct notifier *notifier;
	struct addresses *addresses;
	struct control *control;
	monotime_t paused; /* when an upgrade began to wait for quiet */
	bool reload_due; /* asked for during an upgrade */
	bool failed; /* the end is an error */
	const struct handover *left; /* at a start that goes on from what another program left; NULL: it does not */
	int left_file;
};

/* supervisor_hear.c */

/* The process's title: now, or soon, since many checks may change at once; supervisor_title_turn shows it then. */
void supervisor_title_show(const struct supervisor *);
void supervisor_title_changed(const struct supervisor *);
void supervisor_title_turn(evutil_socket_t, short what, void *supervisor);

/* For the checks' listener. */
void supervisor_transition(void *supervisor, const struct transition *);
void supervisor_change(void *supervisor, const struct node_change *);

/* For the chronicle. */
void supervisor_told(void *supervisor, const struct log_record *, const struct notifier_change *);

/* What a service manager shows. */
void supervisor_describe(void *supervisor, char *text, size_t size);

/* Reap every child that ended. */
void supervisor_reap(struct supervisor *);

/* supervisor_act.c */

extern const struct signal_handler supervisor_signals[];
extern const struct upgrade_hooks supervisor_upgrade_hooks;

/* It was to be done once, and is; the conversation with ExaBGP has ended; the configuration's file has changed. */
void supervisor_done(void *supervisor);
void supervisor_channel_ended(void *supervisor, enum channel_end);
void supervisor_file_changed(void *supervisor);

/* asked: by somebody who waits for a word. */
void supervisor_reload(struct supervisor *, bool asked);

/* From time to time: what is kept in the runtime directory is there again if somebody has removed it. */
void supervisor_attend(void *supervisor);

/* Those who are told what happens follow the configuration that is in force. */
void supervisor_outlets_follow(struct supervisor *);

/* The parts that these work on. */
struct reload supervisor_reload_parts(struct supervisor *);
struct handover supervisor_handover_parts(const struct supervisor *);

/* The control socket, not open yet. NULL: out of memory. */
struct control *supervisor_control(struct supervisor *);

#endif
