/*
 * Mails, mailto:// and mailtos://: handed to the server that the URL names, for all who are to have them but those whom
 * it refuses: one mailbox that is gone, or full, does not keep the mail from the others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <limits.h>
#include <unistd.h>

#include "../../common/dns_name.h"
#include "../../common/notify_mail.h"
#include "../../common/option_error.h"
#include "carrier.h"
#include "letter.h"
#include "mail_text.h"
#include "target.h"

#if LIBCURL_VERSION_NUM < 0x080200 /* as it was written before */
#define CURLOPT_MAIL_RCPT_ALLOWFAILS CURLOPT_MAIL_RCPT_ALLLOWFAILS
#endif
/* What Python's smtplib takes, too: libcurl would begin by GSSAPI or NTLM where a server has these. */
#define LOGINS "AUTH=CRAM-MD5;AUTH=PLAIN;AUTH=LOGIN"

/* A mail on its way: a courier has one. */
static struct transfer {
	struct carrier carrier;
	const struct notify_mail *mail;
	char *text;
	size_t read; /* of the text, by libcurl */
	struct curl_slist *recipients;
	size_t recipient_count;
	bool naming;	/* the server is being told a recipient */
	size_t refused; /* of these */
	long refusal;	/* the last one */
} transfer;

static void
reach_fill(struct reach *reach, const struct notify_mail *mail)
{
	snprintf(reach->host, sizeof(reach->host), "%s", mail->server);
	reach->port = mail->port;
	reach->tls = mail->security != MAIL_PLAIN;
	reach->verify = reach->tls && mail->verify;
}

static bool
mail_url_read(const char *url, struct reach *reach, char error[static NOTIFY_URL_ERROR_SIZE])
{
	struct notify_mail mail;
	bool copied;

	if (!notify_mail_parse(&mail, url, error))
		return false;
	reach_fill(reach, &mail);
	copied = notify_parts_ca_file(&mail.parts, &reach->ca_file);
	notify_mail_free(&mail);
	return copied || notify_url_refuse(error, "cannot be read: out of memory");
}

static size_t
on_read(char *buffer, size_t one, size_t room, void *data)
{
	size_t left = strlen(transfer.text + transfer.read), length = left < room * one ? left : room * one;

	(void)data;
	memcpy(buffer, transfer.text + transfer.read, length);
	transfer.read += length;
	return length;
}

/* What is said and answered. */
static int
on_dialogue(CURL *easy, curl_infotype type, char *text, size_t length, void *data)
{
	static const char name[] = "RCPT TO:";

	(void)easy;
	(void)data;
	if (type == CURLINFO_HEADER_OUT)
		transfer.naming = length >= sizeof(name) && strncmp(text, name, sizeof(name) - 1) == 0;
	/* the last line of an answer (RFC 5321, 4.2.1) */
	else if (type == CURLINFO_HEADER_IN && transfer.naming && length > 3 && text[3] != '-' &&
	    (text[0] == '4' || text[0] == '5')) {
		transfer.refused++;
		transfer.refusal = strtol((const char[]){text[0], text[1], text[2], '\0'}, NULL, 10);
	}
	return 0;
}

/* <ADDRESS> of all who are to have it. False: out of memory. */
static bool
recipients_make(void)
{
	const struct notify_mail *mail = transfer.mail;

	for (size_t i = 0; i < mail->count; i++) {
		char text[MAIL_ADDRESS_SIZE + 2];
		struct curl_slist *longer;

		if (mail->mailboxes[i].role == MAIL_REPLY)
			continue;
		snprintf(text, sizeof(text), "<%s>", mail->mailboxes[i].address);
		if ((longer = curl_slist_append(transfer.recipients, text)) == NULL)
			return false;
		transfer.recipients = longer;
		transfer.recipient_count++;
	}
	return true;
}

/*
 * How the server is greeted, as libcurl's URL has it: many refuse a name without a domain; a host that has none says an
 * address (RFC 5321, 4.1.3), as Python's smtplib does.
 */
static void
greeting_make(char name[static HOST_NAME_MAX + 1])
{
	char reason[OPTION_ERROR_SIZE];

	name[HOST_NAME_MAX] = '\0';
	if (gethostname(name, HOST_NAME_MAX) == -1 || strchr(name, '.') == NULL || !host_name_check(name, reason))
		strcpy(name, "%5B127.0.0.1%5D");
}

static void
transfer_set(void)
{
	struct carrier *carrier = &transfer.carrier;
	const struct notify_mail *mail = transfer.mail;
	char url[URL_HOST_SIZE + HOST_NAME_MAX + 32], from[MAIL_ADDRESS_SIZE + 2], greeting[HOST_NAME_MAX + 1];
	bool in6 = strchr(mail->server, ':') != NULL;

	greeting_make(greeting);
	snprintf(url, sizeof(url), "smtp%s://%s%s%s:%u/%s", mail->security == MAIL_TLS ? "s" : "", in6 ? "[" : "",
	    mail->server, in6 ? "]" : "", mail->port, greeting);
	snprintf(from, sizeof(from), "<%s>", mail->from.address);
	CARRIER_SET(carrier, CURLOPT_URL, url);
	CARRIER_SET(carrier, CURLOPT_USE_SSL, (long)(mail->security == MAIL_STARTTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	if (mail->login[0] != '\0') {
		CARRIER_SET(carrier, CURLOPT_USERNAME, mail->login);
		CARRIER_SET(carrier, CURLOPT_PASSWORD, mail->parts.password);
		CARRIER_SET(carrier, CURLOPT_LOGIN_OPTIONS, LOGINS);
	}
	CARRIER_SET(carrier, CURLOPT_MAIL_FROM, from);
	CARRIER_SET(carrier, CURLOPT_MAIL_RCPT, transfer.recipients);
	CARRIER_SET(carrier, CURLOPT_UPLOAD, 1L);
	CARRIER_SET(carrier, CURLOPT_INFILESIZE_LARGE, (curl_off_t)strlen(transfer.text));
	CARRIER_SET(carrier, CURLOPT_READFUNCTION, on_read);
	CARRIER_SET(carrier, CURLOPT_VERBOSE, 1L);
	CARRIER_SET(carrier, CURLOPT_DEBUGFUNCTION, on_dialogue);
}

/*
 * Again, for those whom the server does not refuse. Whom it refuses only for now is left out, too: at night it matters more
 * that the others have it at once.
 */
static bool
rest_hand_over(long *answer, struct outcome *outcome)
{
	transfer.read = transfer.refused = 0;
	CARRIER_SET(&transfer.carrier, CURLOPT_MAIL_RCPT_ALLOWFAILS, 1L);
	if (!carrier_run(&transfer.carrier, answer, outcome))
		return false;
	outcome_set(outcome, COURIER_PARTLY, "delivered, but not to all: the mail server refused %zu of %zu recipients: SMTP %ld",
	    transfer.refused, transfer.recipient_count, transfer.refusal);
	return true;
}

/* RFC 5321, 4.2.1: 4yz may pass, 5yz will not. */
static void
mail_hand_over(struct outcome *outcome)
{
	long answer;

	if (carrier_run(&transfer.carrier, &answer, outcome))
		outcome_set(outcome, COURIER_DELIVERED, "SMTP %ld", answer);
	else if (transfer.refused > 0 && transfer.recipient_count > 1 && rest_hand_over(&answer, outcome))
		return;
	else if (answer >= 400 && answer < 600)
		outcome_set(outcome, answer < 500 ? COURIER_LATER : COURIER_NEVER,
		    "the mail server refused it: SMTP %ld%s", answer, answer == 535 || answer == 530 ? ", it wants another user and password" : "");
}

static void
mail_send(const struct errand *errand, const struct notify_mail *mail, struct outcome *outcome)
{
	struct mail_stamp stamp = {.at = time(NULL)};
	struct reach reach = {0};

	if (getrandom(stamp.unique, sizeof(stamp.unique), 0) != sizeof(stamp.unique))
		stamp.unique[0] = (uint64_t)getpid();
	transfer.mail = mail;
	transfer.text = mail_text(mail, errand->letter, &stamp);
	reach_fill(&reach, mail);
	if (transfer.text == NULL || !recipients_make()) {
		outcome_set(outcome, COURIER_LATER, "out of memory");
	} else if (carrier_begin(&transfer.carrier, errand, &reach, outcome)) {
		transfer_set();
		mail_hand_over(outcome);
	}
}

/* QUIT. */
static void
mail_part(void)
{
	carrier_end(&transfer.carrier);
	curl_slist_free_all(transfer.recipients);
	free(transfer.text);
}

static void
mail_deliver(const struct errand *errand, struct outcome *outcome)
{
	char error[NOTIFY_URL_ERROR_SIZE];
	struct notify_mail mail;

	if (!notify_mail_parse(&mail, errand->url, error)) {
		outcome_set(outcome, COURIER_LATER, "out of memory"); /* it has been parsed before */
		return;
	}
	mail_send(errand, &mail, outcome);
	notify_mail_free(&mail);
}

const struct kind kind_mail = {.name = "mail", .read = mail_url_read, .deliver = mail_deliver, .part = mail_part};
