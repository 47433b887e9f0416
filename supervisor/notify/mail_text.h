/*
 * The text of a mail (RFC 5322, 2045, 2047). Pure.
 */
#ifndef EXACHECK_NOTIFY_MAIL_TEXT_H
#define EXACHECK_NOTIFY_MAIL_TEXT_H

#include <stdint.h>
#include <time.h>

#include "../../common/notify_mail.h"

struct letter;

/* What makes one mail differ from the next. */
struct mail_stamp {
	time_t at;
	uint64_t unique[2]; /* of its Message-ID: random */
};

/* The mail with its header, lines ended by CR LF; malloc'd. NULL: out of memory. */
char *mail_text(const struct notify_mail *, const struct letter *, const struct mail_stamp *);

#endif
