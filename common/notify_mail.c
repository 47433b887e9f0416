/*
 * What a mail's URL says. Pure. Invariant: addresses hold nothing but what RFC 5321 lets stand there without quotes,
 * so that none ends a line or a bracket of SMTP.
 */
#include "notify_mail.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "dns_name.h"
#include "notify_json.h"
#include "option_error.h"

#define SERVER_EXAMPLE "mailtos://USER:PASSWORD@example.net?smtp=mail.example.net&to=ops@example.net"

/* Whose mail server has another name than the domain of their addresses. */
static const struct provider {
	const char *domain;
	const char *server;
	unsigned port;
	enum mail_security security;
} providers[] = {
	{"gmail.com", "smtp.gmail.com", 587, MAIL_STARTTLS},
	{"googlemail.com", "smtp.gmail.com", 587, MAIL_STARTTLS},
	{"outlook.com", "smtp-mail.outlook.com", 587, MAIL_STARTTLS},
	{"hotmail.com", "smtp-mail.outlook.com", 587, MAIL_STARTTLS},
	{"live.com", "smtp-mail.outlook.com", 587, MAIL_STARTTLS},
	{"office365.com", "smtp.office365.com", 587, MAIL_STARTTLS},
	{"yahoo.com", "smtp.mail.yahoo.com", 465, MAIL_TLS},
	{"yahoo.ca", "smtp.mail.yahoo.com", 465, MAIL_TLS},
	{"fastmail.com", "smtp.fastmail.com", 465, MAIL_TLS},
	{"fastmail.fm", "smtp.fastmail.com", 465, MAIL_TLS},
	{"zoho.com", "smtp.zoho.com", 587, MAIL_STARTTLS},
	{"zohomail.com", "smtp.zoho.com", 587, MAIL_STARTTLS},
	{"gmx.net", "mail.gmx.net", 587, MAIL_STARTTLS},
	{"gmx.de", "mail.gmx.net", 587, MAIL_STARTTLS},
	{"gmx.com", "mail.gmx.com", 587, MAIL_STARTTLS},
	{"web.de", "smtp.web.de", 587, MAIL_STARTTLS},
	{"icloud.com", "smtp.mail.me.com", 587, MAIL_STARTTLS},
	{"me.com", "smtp.mail.me.com", 587, MAIL_STARTTLS},
	{"mac.com", "smtp.mail.me.com", 587, MAIL_STARTTLS},
	{"yandex.com", "smtp.yandex.com", 465, MAIL_TLS},
	{"yandex.ru", "smtp.yandex.ru", 465, MAIL_TLS},
	{"163.com", "smtp.163.com", 465, MAIL_TLS},
	{"qq.com", "smtp.qq.com", 587, MAIL_STARTTLS},
	{"foxmail.com", "smtp.qq.com", 587, MAIL_STARTTLS},
	{"sendgrid.com", "smtp.sendgrid.net", 465, MAIL_TLS},
	{"sendgrid.net", "smtp.sendgrid.net", 465, MAIL_TLS},
};

static const struct {
	const char *mode;
	unsigned port; /* of servers, where the URL has none */
} modes[] = {
	[MAIL_PLAIN] = {"insecure", 25},
	[MAIL_STARTTLS] = {"starttls", 587},
	[MAIL_TLS] = {"ssl", 465},
};

static const char *const roles[MAIL_ROLES] = {
	[MAIL_TO] = "to", [MAIL_CC] = "cc", [MAIL_BCC] = "bcc", [MAIL_REPLY] = "reply"};

/* RFC 5321, 4.1.2: Dot-string @ Domain. */
static bool
address_check(const char *text)
{
	const char *at = strrchr(text, '@');
	char reason[OPTION_ERROR_SIZE];

	if (at == NULL || at == text || at - text > 64 || strlen(text) >= MAIL_ADDRESS_SIZE)
		return false;
	for (const char *c = text; c < at; c++) {
		if (*c == '.' ? c == text || c + 1 == at || c[1] == '.' :
		    !isalnum((unsigned char)*c) && strchr("!#$%&'*+-/=?^_`{|}~", *c) == NULL)
			return false;
	}
	return host_name_check(at + 1, reason);
}

static void
trim(char **text)
{
	size_t length;

	*text += strspn(*text, " \"");
	length = strlen(*text);
	while (length > 0 && ((*text)[length - 1] == ' ' || (*text)[length - 1] == '"'))
		(*text)[--length] = '\0';
}

/* ADDRESS, or NAME <ADDRESS>; text is changed. False: neither. */
static bool
mailbox_read(struct mailbox *mailbox, char *text)
{
	char *open = strrchr(text, '<'), *name = text;

	if (open != NULL) {
		char *close = strchr(open, '>');

		if (close == NULL || close[1 + strspn(close + 1, " ")] != '\0')
			return false;
		*close = '\0';
		*open = '\0';
		text = open + 1;
		trim(&name);
		if (snprintf(mailbox->name, sizeof(mailbox->name), "%s", name) >= (int)sizeof(mailbox->name))
			return false;
	}
	trim(&text);
	if (!address_check(text))
		return false;
	snprintf(mailbox->address, sizeof(mailbox->address), "%s", text);
	return true;
}

/* Add those of a list; text is changed. */
static bool
mailboxes_read(struct notify_mail *mail, enum mail_role role, char *text, char *error)
{
	char *next;

	while ((next = strsep(&text, ",")) != NULL) {
		struct mailbox *more;

		trim(&next);
		if (next[0] == '\0')
			continue;
		if (mail->count == MAIL_MAILBOXES_MAX)
			return notify_url_refuse(error, "names more than %d addresses", MAIL_MAILBOXES_MAX);
		if ((more = reallocarray(mail->mailboxes, mail->count + 1, sizeof(*more))) == NULL)
			return notify_url_refuse(error, "cannot be read: out of memory");
		mail->mailboxes = more;
		more[mail->count] = (struct mailbox){.role = role};
		if (!mailbox_read(&more[mail->count], next))
			return notify_url_refuse(error, "must have %s mail addresses such as ops@example.net or "
			    "Ops <ops@example.net>, separated by commas", role == MAIL_TO ? "as path or as to=" : roles[role]);
		mail->count++;
	}
	return true;
}

/* The path's parts are addresses, percent-encoded. */
static bool
path_read(struct notify_mail *mail, char *error)
{
	char path[NOTIFY_URL_MAX + 1], *out = path;

	for (const char *c = mail->parts.path; *c != '\0'; c++) {
		char digits[3] = {0};

		if (*c == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
			memcpy(digits, c + 1, 2);
			*out++ = (char)strtoul(digits, NULL, 16);
			c += 2;
		} else {
			*out++ = *c;
			if (*c == '/')
				out[-1] = ',';
		}
	}
	*out = '\0';
	return mailboxes_read(mail, MAIL_TO, path, error);
}

static bool
recipients_read(struct notify_mail *mail, char *error)
{
	char text[NOTIFY_URL_MAX + 1];

	if (!path_read(mail, error))
		return false;
	for (unsigned role = 0; role < MAIL_ROLES; role++) {
		const char *value = notify_parts_value(&mail->parts, roles[role]);

		snprintf(text, sizeof(text), "%s", value == NULL ? "" : value);
		if (!mailboxes_read(mail, (enum mail_role)role, text, error))
			return false;
	}
	for (size_t i = 0; i < mail->count; i++)
		if (mail->mailboxes[i].role == MAIL_TO)
			return true;
	/* nobody else: who writes */
	snprintf(text, sizeof(text), "%s", mail->from.address);
	return mailboxes_read(mail, MAIL_TO, text, error);
}

/* from=: an address, with a name or without, or a name alone; else it is the user at the host. */
static bool
from_read(struct notify_mail *mail, char *error)
{
	const struct notify_parts *parts = &mail->parts;
	const char *from = notify_parts_value(parts, "from"), *name = notify_parts_value(parts, "name");
	char text[MAIL_ADDRESS_SIZE + MAIL_NAME_SIZE];

	if (from != NULL && strchr(from, '@') == NULL) {
		name = from;
		from = NULL;
	}
	if (from != NULL)
		snprintf(text, sizeof(text), "%s", from);
	else if (parts->user != NULL)
		snprintf(text, sizeof(text), "%.*s@%s", (int)strcspn(parts->user, "@"), parts->user, parts->host);
	else
		return notify_url_refuse(error, "must say who writes: add from=ADDRESS, as in " SERVER_EXAMPLE);
	if (!mailbox_read(&mail->from, text))
		return notify_url_refuse(error, "must have a mail address as from=, or a user that makes one with its host, as in "
		    SERVER_EXAMPLE);
	if (name != NULL && snprintf(mail->from.name, sizeof(mail->from.name), "%s", name) >= (int)sizeof(mail->from.name))
		return notify_url_refuse(error, "must have a name= of at most %d bytes", MAIL_NAME_SIZE - 1);
	return true;
}

static const struct provider *
provider_find(const struct notify_mail *mail)
{
	if (mail->parts.user == NULL || notify_parts_value(&mail->parts, "smtp") != NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (strcasecmp(providers[i].domain, mail->parts.host) == 0)
			return &providers[i];
	return NULL;
}

static bool
login_read(struct notify_mail *mail, const struct provider *provider, char *error)
{
	const struct notify_parts *parts = &mail->parts;
	bool domain = provider != NULL && parts->user != NULL && strchr(parts->user, '@') == NULL;

	if (parts->user == NULL || parts->password == NULL)
		return true;
	if (snprintf(mail->login, sizeof(mail->login), "%s%s%s", parts->user, domain ? "@" : "", domain ? parts->host : "") >=
	    (int)sizeof(mail->login))
		return notify_url_refuse(error, "must have a user of at most %d bytes", MAIL_ADDRESS_SIZE - 1);
	return true;
}

static bool
security_read(struct notify_mail *mail, const struct provider *provider, char *error)
{
	const char *mode = notify_parts_value(&mail->parts, "mode");

	mail->security = strcmp(mail->parts.scheme, "mailtos") == 0 ? MAIL_STARTTLS : MAIL_PLAIN;
	if (provider != NULL)
		mail->security = provider->security;
	/* whoever speaks first there is not the server: STARTTLS would wait for it */
	if (mail->security == MAIL_STARTTLS && mail->parts.port == modes[MAIL_TLS].port)
		mail->security = MAIL_TLS;
	if (mode == NULL)
		return true;
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		mail->security = (enum mail_security)i;
		if (strcasecmp(mode, modes[i].mode) == 0)
			return true;
	}
	return notify_url_refuse(error, "must have mode= one of starttls, ssl, insecure");
}

static bool
server_read(struct notify_mail *mail, char *error)
{
	const struct provider *provider = provider_find(mail);
	const char *server = notify_parts_value(&mail->parts, "smtp");
	char reason[OPTION_ERROR_SIZE];
	struct address address;

	if (server == NULL)
		server = provider != NULL ? provider->server : mail->parts.host;
	if (!address_parse(server, &address) && !host_name_check(server, reason))
		return notify_url_refuse(error, "must have a host name or address as smtp=");
	snprintf(mail->server, sizeof(mail->server), "%s", server);
	if (!security_read(mail, provider, error))
		return false;
	mail->port = mail->parts.port;
	if (mail->port == 0)
		mail->port = provider != NULL && provider->security == mail->security ? provider->port : modes[mail->security].port;
	return login_read(mail, provider, error);
}

static bool
headers_read(const struct notify_parts *parts, char *error)
{
	static const char *const ours[] = {"Date", "Message-ID", "From", "To", "Cc", "Bcc", "Reply-To", "Subject",
	    "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "Sender",
	    "Received", "Return-Path"};

	for (size_t i = 0; i < parts->count; i++) {
		const struct notify_parameter *header = &parts->parameters[i];

		if (header->sign != '+')
			continue;
		if (!notify_header_name(header->name))
			return notify_url_refuse(error, "must have a header's name after each + of a parameter, as in "
			    "+X-Priority=1");
		for (size_t j = 0; j < sizeof(ours) / sizeof(ours[0]); j++)
			if (strcasecmp(header->name, ours[j]) == 0)
				return notify_url_refuse(error, "must not set the header %s: exacheck does", ours[j]);
	}
	return true;
}

bool
notify_mail_parse(struct notify_mail *mail, const char *url, char error[static NOTIFY_URL_ERROR_SIZE])
{
	*mail = (struct notify_mail){0};
	if (!notify_parts_parse(&mail->parts, url, error))
		return false;
	mail->verify = notify_parts_verify(&mail->parts);
	if (notify_parts_override(&mail->parts, error) && from_read(mail, error) && recipients_read(mail, error) &&
	    server_read(mail, error) && headers_read(&mail->parts, error))
		return true;
	notify_mail_free(mail);
	return false;
}

void
notify_mail_free(struct notify_mail *mail)
{
	notify_parts_free(&mail->parts);
	free(mail->mailboxes);
	explicit_bzero(mail, sizeof(*mail));
}
