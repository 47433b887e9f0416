/*
 * Something that happened, as the supervisor tells it to exacheck-notify: a change of a check or a group, or a line of
 * the log that somebody is to be told.
 */
#ifndef EXACHECK_NOTIFY_NOTICE_H
#define EXACHECK_NOTIFY_NOTICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../common/log.h"

/* What became of the routes. */
enum notice_effect {
	NOTICE_NOTHING,
	NOTICE_ANNOUNCED,
	NOTICE_WITHDREW,
	NOTICE_DRAINING,
	NOTICE_GUARDED,
	NOTICE_EFFECTS
};

/* What is counted where there are too many to be told one by one. */
enum notice_kind { NOTICE_DOWN, NOTICE_UP, NOTICE_DISABLED, NOTICE_ROUTES, NOTICE_ERROR, NOTICE_WARNING, NOTICE_INFO,
	NOTICE_KINDS };

/* Of those of a check that has more, only so many are told by name. */
#define NOTICE_PREFIXES_MAX 50

struct notice {
	unsigned holders;
	int64_t at_us; /* since 1970-01-01 UTC, as every *_us */
	enum log_level level;
	enum log_event event; /* never LOG_EVENT_USUAL */
	enum log_fault fault;
	enum notice_effect effect;
	bool group;    /* a group's, not a check's */
	bool fatal;    /* the end of exacheck */
	bool restored; /* its routes were announced before, with the attributes of another state */
	/* Printable UTF-8; NULL: there is none */
	char *subsystem;
	char *check;	  /* NULL: exacheck's own */
	char *from, *to;  /* states; both or none */
	char *text;	  /* the log's line, without the subject; never NULL */
	char *cause;
	char *attributes; /* of another state than up, that its routes have: "down", "disabled", "drain" */
	char *nexthop;
	char *file, *function; /* where in the program */
	int64_t line;
	char **prefixes;
	size_t prefixes_held; /* the first ones */
	int64_t prefix_count; /* all of them */
	int64_t metric;	      /* -1: none */
	int64_t since_us;     /* when the state before began; 0: not known */
	int64_t kept;	      /* routes of it that others keep announced */
};

#define NOTICE_ERROR_SIZE 80

/* Of the map of such a line. NULL with what is wrong with it in error, or out of memory. One holder: the caller. */
struct notice *notice_read(const json_t *map, char error[static NOTICE_ERROR_SIZE]);

/* Of this process itself: event error or info as the level says; text is copied. NULL: out of memory. */
struct notice *notice_own(enum log_level, enum log_fault, int64_t at_us, const char *text);

struct notice *notice_hold(struct notice *);
void notice_release(struct notice *);

enum notice_kind notice_kind(const struct notice *);

/* As in the line. */
const char *notice_effect_name(enum notice_effect);

#endif
