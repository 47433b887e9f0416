/*
 * What is delivered to a target at a time: one or several events as one message.
 */
#ifndef EXACHECK_NOTIFY_LETTER_H
#define EXACHECK_NOTIFY_LETTER_H

#include <jansson.h>

/* As Apprise has them. */
enum letter_kind { LETTER_INFO, LETTER_SUCCESS, LETTER_WARNING, LETTER_FAILURE, LETTER_KINDS };

struct letter {
	enum letter_kind kind; /* of the gravest event */
	char *title;  /* one line; owned, as all of it */
	char *body;   /* plain text, lines of any number */
	json_t *data; /* the events, for programs: a list; of a report to sentry the event itself, a map */
	json_t *summary; /* how many events it is about, a map: data has the first ones only; of a report NULL */
};

/* Of what malloc gave; NULL: nothing. */
void letter_free(struct letter *);
/* "info", "success", "warning", "failure" */
const char *letter_kind_name(enum letter_kind);

#endif
