/*
 * mailto:// and mailtos://: what the URL says of the server, its security, and who writes to whom, as Apprise reads
 * them.
 */
#ifndef EXACHECK_NOTIFY_MAIL_H
#define EXACHECK_NOTIFY_MAIL_H

#include "notify_parts.h"

#define MAIL_ADDRESS_SIZE 256 /* RFC 5321, 4.5.3.1.3 */
#define MAIL_NAME_SIZE 128
#define MAIL_MAILBOXES_MAX 64

enum mail_security { MAIL_PLAIN, MAIL_STARTTLS, MAIL_TLS };
enum mail_role { MAIL_TO, MAIL_CC, MAIL_BCC, MAIL_REPLY, MAIL_ROLES };

struct mailbox {
	enum mail_role role;
	char name[MAIL_NAME_SIZE]; /* UTF-8, as it is to be read; "": none */
	char address[MAIL_ADDRESS_SIZE];
};

struct notify_mail {
	struct notify_parts parts; /* '+': headers */
	char server[URL_HOST_SIZE];
	unsigned port;
	enum mail_security security;
	bool verify;			/* certificates */
	char login[MAIL_ADDRESS_SIZE];	/* with the password of the parts; "": no login */
	struct mailbox from;
	struct mailbox *mailboxes; /* at least one that is MAIL_TO */
	size_t count;
};

/* As notify_parts_parse; notify_mail_free ends it. */
bool notify_mail_parse(struct notify_mail *, const char *url, char error[static NOTIFY_URL_ERROR_SIZE]);
void notify_mail_free(struct notify_mail *);

#endif
