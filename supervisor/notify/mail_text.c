/*
 * Mails as text. Pure. Invariant: every line is printable ASCII of at most 76 characters, but for words of the header
 * that cannot be divided; whatever a letter holds, it begins no line of the header.
 */
#include "mail_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../common/utf8.h"
#include "letter.h"

#define LINE_MAX_QP 76
#define WORD_BYTES 42 /* of text in an encoded word: at most 56 characters of base64, 75 in all (RFC 2047, 2) */
#define HEADER_LINE 72

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
plain_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* =?UTF-8?B?...?= of these bytes. */
static void
encoded_word(FILE *out, const char *text, size_t length)
{
	fputs("=?UTF-8?B?", out);
	for (size_t i = 0; i < length; i += 3) {
		const unsigned char bytes[3] = {(unsigned char)text[i], i + 1 < length ? (unsigned char)text[i + 1] : 0,
		    i + 2 < length ? (unsigned char)text[i + 2] : 0};
		unsigned long bits = (unsigned long)bytes[0] << 16 | (unsigned long)bytes[1] << 8 | bytes[2];

		putc(base64[bits >> 18 & 63], out);
		putc(base64[bits >> 12 & 63], out);
		putc(i + 1 < length ? base64[bits >> 6 & 63] : '=', out);
		putc(i + 2 < length ? base64[bits & 63] : '=', out);
	}
	fputs("?=", out);
}

/* Words of whole characters, a line each. */
static void
encoded_words(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t length = strnlen(text, WORD_BYTES);

		while (length > 1 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
		encoded_word(out, text, length);
		text += length;
		if (*text != '\0')
			fputs("\r\n ", out);
	}
}

/* Plain text, folded at blanks; used: characters of the line so far. */
static void
folded(FILE *out, const char *text, size_t used)
{
	while (*text != '\0') {
		size_t word = strspn(text, " ");

		word += strcspn(text + word, " ");
		/* not before a blank run alone: a folded line that is empty is the header's end to some */
		if (used + word > HEADER_LINE && used > 0 && text[0] == ' ' && text[1] != ' ' && text[1] != '\0') {
			fputs("\r\n", out);
			used = 0;
		}
		fwrite(text, 1, word, out);
		used += word;
		text += word;
	}
}

static void
header_write(FILE *out, const char *name, const char *text)
{
	fprintf(out, "%s: ", name);
	/* what looks like an encoded word would be read as one */
	if (plain_ascii(text) && strstr(text, "=?") == NULL)
		folded(out, text, strlen(name) + 2);
	else
		encoded_words(out, text);
	fputs("\r\n", out);
}

static void
mailbox_write(FILE *out, const struct mailbox *mailbox)
{
	if (mailbox->name[0] == '\0') {
		fputs(mailbox->address, out);
		return;
	}
	if (plain_ascii(mailbox->name) && strstr(mailbox->name, "=?") == NULL) {
		putc('"', out);
		for (const char *c = mailbox->name; *c != '\0'; c++)
			fprintf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
		putc('"', out);
	} else {
		encoded_words(out, mailbox->name);
	}
	fprintf(out, " <%s>", mailbox->address);
}

static void
mailboxes_write(FILE *out, const struct notify_mail *mail, enum mail_role role, const char *name)
{
	const char *before = name;

	for (size_t i = 0; i < mail->count; i++) {
		if (mail->mailboxes[i].role != role)
			continue;
		fprintf(out, "%s", before);
		mailbox_write(out, &mail->mailboxes[i]);
		before = ",\r\n ";
	}
	if (before != name)
		fputs("\r\n", out);
}

/* One line of the body as quoted-printable (RFC 2045, 6.7). */
static void
quoted_line(FILE *out, const char *line, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];
		bool blank_at_end = (c == ' ' || c == '\t') && i + 1 == length;
		bool plain = (c == '\t' || (c >= ' ' && c <= '~')) && c != '=' && !blank_at_end;
		size_t width = plain ? 1 : 3;

		if (used + width > LINE_MAX_QP - 1) {
			fputs("=\r\n", out);
			used = 0;
		}
		if (plain)
			putc(c, out);
		else
			fprintf(out, "=%02X", c);
		used += width;
	}
	fputs("\r\n", out);
}

static void
body_write(FILE *out, const char *body)
{
	while (*body != '\0') {
		size_t length = strcspn(body, "\n");
		size_t shown = length > 0 && body[length - 1] == '\r' ? length - 1 : length;

		quoted_line(out, body, shown);
		body += length + (body[length] == '\n');
	}
}

/* RFC 5322, 3.3, whatever the locale. */
static void
date_write(FILE *out, time_t at)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	    "Nov", "Dec"};
	struct tm tm = {0};
	long minutes;

	localtime_r(&at, &tm);
	minutes = tm.tm_gmtoff / 60;
	fprintf(out, "Date: %s, %d %s %d %02d:%02d:%02d %c%02ld%02ld\r\n", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, minutes < 0 ? '-' : '+', labs(minutes) / 60,
	    labs(minutes) % 60);
}

static void
headers_write(FILE *out, const struct notify_mail *mail, const char *title, const struct mail_stamp *stamp)
{
	date_write(out, stamp->at);
	fprintf(out, "Message-ID: <%016" PRIx64 "%016" PRIx64 "@%s>\r\nFrom: ", stamp->unique[0], stamp->unique[1],
	    strrchr(mail->from.address, '@') + 1);
	mailbox_write(out, &mail->from);
	fputs("\r\n", out);
	mailboxes_write(out, mail, MAIL_TO, "To: ");
	mailboxes_write(out, mail, MAIL_CC, "Cc: ");
	mailboxes_write(out, mail, MAIL_REPLY, "Reply-To: ");
	header_write(out, "Subject", title);
	fputs("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
	    "Auto-Submitted: auto-generated\r\n", out);
	header_write(out, "X-Mailer", "exacheck/" EXACHECK_VERSION);
	for (size_t i = 0; i < mail->parts.count; i++)
		if (mail->parts.parameters[i].sign == '+')
			header_write(out, mail->parts.parameters[i].name, mail->parts.parameters[i].value);
	fputs("\r\n", out);
}

char *
mail_text(const struct notify_mail *mail, const struct letter *letter, const struct mail_stamp *stamp)
{
	char *title = strdup(letter->title), *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool written = false;

	if (title != NULL && out != NULL) {
		utf8_sanitise(title);
		headers_write(out, mail, title, stamp);
		body_write(out, letter->body);
		written = !ferror(out);
	}
	free(title);
	if (out != NULL && fclose(out) == 0 && written)
		return text;
	free(text);
	return NULL;
}
