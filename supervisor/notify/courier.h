/*
 * One attempt to deliver one letter, in a process of its own: whatever happens to it happens to nothing else.
 */
#ifndef EXACHECK_NOTIFY_COURIER_H
#define EXACHECK_NOTIFY_COURIER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "letter.h"

struct event_base;
struct courier;
struct target;

enum courier_end {
	COURIER_DELIVERED, /* it was accepted */
	COURIER_PARTLY,	   /* it was, but not for all whom it is for: text says so */
	COURIER_LATER,	   /* it was not, which may pass: refused, timed out, 408, 429, 5xx, SMTP 4xx */
	COURIER_NEVER,	   /* nor will it be: another attempt would end the same way */
};

/* text: why, for people, without any secret, one line of ASCII. The courier is freed afterwards. */
typedef void courier_done(void *context, enum courier_end, const char *text);

/*
 * Begin; the letter is copied. done is called from the loop, once, at the latest when timeout_ns is over, which ends
 * the process. Returns NULL with errno: no process, no memory; done is then not called.
 */
struct courier *courier_send(struct event_base *, const struct target *, const struct letter *, int64_t timeout_ns,
    courier_done *, void *context);

/* Why there is none, in words. */
#define COURIER_REFUSAL_SIZE 96
const char *courier_refusal(int error, char text[static COURIER_REFUSAL_SIZE]);

/* Kill it; done is not called. */
void courier_free(struct courier *);

#endif
