/*
 * Mails, mailto:// and mailtos://: handed to the server that the URL names, for all who are to have them, or for
 * none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <limits.h>
#include <unistd.h>

#include "../../common/notify_mail.h"
#include "carrier.h"
#include "letter.h"
#include "mail_text.h"
#include "target.h"

/* What libcurl reads the mail from. */
struct reading {
	const char *text;
	size_t left;
};

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
	struct reading *reading = data;
	size_t length = reading->left < room * one ? reading->left : room * one;

	memcpy(buffer, reading->text, length);
	reading->text += length;
	reading->left -= length;
	return length;
}

/* <ADDRESS> of all who are to have it. NULL: out of memory. */
static struct curl_slist *
recipients_make(const struct notify_mail *mail)
{
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < mail->count; i++) {
		char text[MAIL_ADDRESS_SIZE + 2];
		struct curl_slist *longer;

		if (mail->mailboxes[i].role == MAIL_REPLY)
			continue;
		snprintf(text, sizeof(text), "<%s>", mail->mailboxes[i].address);
		if ((longer = curl_slist_append(list, text)) == NULL) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

static void
transfer_set(struct carrier *carrier, const struct notify_mail *mail, const char *host, struct reading *reading,
    struct curl_slist *recipients)
{
	char url[URL_HOST_SIZE + HOST_NAME_MAX + 32], from[MAIL_ADDRESS_SIZE + 2];
	bool in6 = strchr(mail->server, ':') != NULL;

	/* its path is the name that the server is greeted with */
	snprintf(url, sizeof(url), "smtp%s://%s%s%s:%u/%s", mail->security == MAIL_TLS ? "s" : "", in6 ? "[" : "",
	    mail->server, in6 ? "]" : "", mail->port, host);
	snprintf(from, sizeof(from), "<%s>", mail->from.address);
	CARRIER_SET(carrier, CURLOPT_URL, url);
	CARRIER_SET(carrier, CURLOPT_USE_SSL, (long)(mail->security == MAIL_STARTTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	if (mail->login[0] != '\0') {
		CARRIER_SET(carrier, CURLOPT_USERNAME, mail->login);
		CARRIER_SET(carrier, CURLOPT_PASSWORD, mail->parts.password);
	}
	CARRIER_SET(carrier, CURLOPT_MAIL_FROM, from);
	CARRIER_SET(carrier, CURLOPT_MAIL_RCPT, recipients);
	CARRIER_SET(carrier, CURLOPT_UPLOAD, 1L);
	CARRIER_SET(carrier, CURLOPT_INFILESIZE_LARGE, (curl_off_t)reading->left);
	CARRIER_SET(carrier, CURLOPT_READFUNCTION, on_read);
	CARRIER_SET(carrier, CURLOPT_READDATA, reading);
}

/* RFC 5321, 4.2.1: 4yz may pass, 5yz will not. */
static void
mail_hand_over(struct carrier *carrier, struct outcome *outcome)
{
	long answer;

	if (carrier_run(carrier, &answer, outcome))
		outcome_set(outcome, COURIER_DELIVERED, "SMTP %ld", answer);
	else if (answer >= 400 && answer < 600)
		outcome_set(outcome, answer < 500 ? COURIER_LATER : COURIER_NEVER, "the mail server refused it: SMTP %ld%s", answer,
		    answer == 535 || answer == 530 ? ", it wants another user and password" : "");
}

static void
mail_send(const struct errand *errand, const struct notify_mail *mail, struct outcome *outcome)
{
	char host[HOST_NAME_MAX + 1] = "localhost";
	struct mail_stamp stamp = {.at = time(NULL)};
	struct curl_slist *recipients = recipients_make(mail);
	struct carrier carrier = {0};
	struct reach reach = {0};
	char *text;

	gethostname(host, sizeof(host) - 1);
	if (getrandom(stamp.unique, sizeof(stamp.unique), 0) != sizeof(stamp.unique))
		stamp.unique[0] = (uint64_t)getpid();
	text = mail_text(mail, errand->letter, &stamp);
	reach_fill(&reach, mail);
	if (text == NULL || recipients == NULL) {
		outcome_set(outcome, COURIER_LATER, "out of memory");
	} else if (carrier_begin(&carrier, errand, &reach, outcome)) {
		struct reading reading = {text, strlen(text)};

		transfer_set(&carrier, mail, host, &reading, recipients);
		mail_hand_over(&carrier, outcome);
	}
	carrier_end(&carrier);
	curl_slist_free_all(recipients);
	free(text);
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

const struct kind kind_mail = {.name = "mail", .read = mail_url_read, .deliver = mail_deliver};
