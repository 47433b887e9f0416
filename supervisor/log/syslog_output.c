/*
 * Loggers of method syslog: a queue of messages, and the link that they go by. Touches nothing itself. Invariant: every
 * record is sent, or waits, or is counted, and the count is told in its place: after what came before it, before what came
 * after it.
 */
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/monotime.h"
#include "../helpers/report.h"
#include "../helpers/timer.h"
#include "format_syslog.h"
#include "output.h"
#include "record.h"
#include "syslog_link.h"
#include "syslog_queue.h"

#define QUEUE_MAX ((size_t)256 * 1024) /* bytes */
#define DATAGRAM_MAX ((size_t)8 * 1024) /* bytes; longer messages are cut */
#define COUNT_SIZE 24
#define REASON_SIZE 120
#define OUT_OF_MEMORY "out of memory"
#define TOO_SLOW "the server takes them too slowly"
#define TOO_SOON "it is not connected yet"
#define NUDGE_NS (200 * NS_PER_MILLISECOND)

struct syslog {
	struct output output;
	const struct logger_setup *setup;
	struct format *format;
	struct syslog_link *link;
	struct syslog_queue queue;
	bool troubled;	    /* the supervisor has been told that it does not work */
	bool renewing;	    /* once what was begun is sent */
	uint64_t lost;	    /* lines, after those in the queue */
	struct event *nudge; /* while lines are lost: there may be room again */
	char reason[REASON_SIZE]; /* of the trouble, or of the loss */
};

/* It does not work for a while: told once. */
static void
trouble(struct syslog *syslog, const char *reason)
{
	snprintf(syslog->reason, sizeof(syslog->reason), "%s", reason);
	if (!syslog->troubled)
		report_problem("syslog %.100s: %s; lines wait for it, then they are lost", syslog->setup->destination, reason);
	syslog->troubled = true;
}

/* A line more that is lost. */
static void
lose(struct syslog *syslog, const char *reason)
{
	if (syslog->lost++ > 0 || syslog->troubled)
		return;
	snprintf(syslog->reason, sizeof(syslog->reason), "%s", reason);
	report_problem("syslog %.100s: lines are lost: %s", syslog->setup->destination, reason);
}

/* How long a message may be; characters are not cut within. */
static size_t
length_cut(const char *message, size_t length, size_t most)
{
	if (length <= most)
		return length;
	for (length = most; length > 0 && (message[length] & 0xc0) == 0x80; length--)
		;
	return length;
}

/*
 * One message, in the frame that the transport needs (RFC 6587): its length before it, or a newline after it, which a
 * datagram goes without. NULL, or why it is lost.
 */
static const char *
message_add(struct syslog *syslog, const struct log_fields *fields)
{
	bool tcp = syslog_link_arrival(syslog->link) == ARRIVAL_ACKNOWLEDGED;
	char *message = format_syslog(syslog->format, syslog->setup, fields, syslog_link_is_local(syslog->link));
	char count[COUNT_SIZE] = "";
	const char *reason = NULL;
	size_t length;

	if (message == NULL)
		return OUT_OF_MEMORY;
	length = tcp ? strlen(message) : length_cut(message, strlen(message), DATAGRAM_MAX);
	if (tcp && strcmp(syslog->setup->format, "rfc5424") == 0)
		snprintf(count, sizeof(count), "%zu ", length);
	else
		message[length++] = '\n';
	if (!syslog_queue_fits(&syslog->queue, length + sizeof(count)))
		reason = syslog_link_is_up(syslog->link) ? TOO_SLOW : TOO_SOON;
	else if (!syslog_queue_add(&syslog->queue, count, message, length))
		reason = OUT_OF_MEMORY;
	free(message);
	return reason;
}

/* Which of the messages sent need not be kept any more. */
static void
arrivals_see(struct syslog *syslog)
{
	struct syslog_queue *queue = &syslog->queue;

	switch (syslog_link_arrival(syslog->link)) {
	case ARRIVAL_AT_ONCE:
		syslog_queue_arrived(queue);
		break;
	case ARRIVAL_UNLESS_REFUSED:
		syslog_queue_arrived_before(queue, monotime_add(monotime_now(), -SYSLOG_REFUSAL_NS));
		break;
	case ARRIVAL_ACKNOWLEDGED:
		syslog_queue_arrived_bytes(queue, queue->taken - syslog_link_unacknowledged(syslog->link));
		break;
	}
}

/* Say in the log how many lines are missing here, when it works and there is room for others after it. */
static bool
loss_tell(struct syslog *syslog)
{
	char text[RECORD_LOST_SIZE];
	struct log_fields fields;

	if (syslog->lost == 0)
		return true;
	if (!syslog_link_is_up(syslog->link) || syslog->queue.size > QUEUE_MAX / 2)
		return false;
	record_own(&fields, LOG_HERE, syslog->setup->pid, record_lost_text(text, syslog->lost, syslog->reason));
	if (message_add(syslog, &fields) != NULL)
		return false;
	report_note("syslog %.100s: %s", syslog->setup->destination, text);
	syslog->lost = 0;
	return true;
}

static void
renew(struct syslog *syslog)
{
	syslog->renewing = false;
	syslog_queue_arrived(&syslog->queue);
	syslog_queue_restart(&syslog->queue);
	syslog_link_renew(syslog->link);
}

/* Send one message, or some of it. False: none can be, now. */
static bool
message_send(struct syslog *syslog)
{
	bool datagram = !syslog_link_is_stream(syslog->link);
	const char *bytes;
	size_t length;
	ssize_t sent;

	if (!syslog_queue_next(&syslog->queue, &bytes, &length))
		return false;
	if ((sent = syslog_link_send(syslog->link, bytes, length - datagram)) >= 0) {
		syslog_queue_sent(&syslog->queue, (size_t)sent + datagram, monotime_now());
		return true;
	}
	if (errno != EMSGSIZE)
		return false;
	syslog_queue_drop(&syslog->queue);
	lose(syslog, strerror(EMSGSIZE));
	return true;
}

/* Send what can be sent. */
static void
pump(struct syslog *syslog)
{
	do {
		arrivals_see(syslog);
		while (message_send(syslog)) {
			if (syslog->renewing && syslog->queue.begun == 0) {
				renew(syslog);
				return;
			}
		}
	} while (syslog->lost > 0 && loss_tell(syslog));
	if (syslog->lost > 0 && syslog_link_is_up(syslog->link))
		timer_arm(syslog->nudge, NUDGE_NS);
}

static void
nudged(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	pump(context);
}

static void
link_up(void *context)
{
	struct syslog *syslog = context;

	if (syslog->troubled)
		report_note("syslog %.100s: works again", syslog->setup->destination);
	syslog->troubled = false;
}

static void
link_writable(void *context)
{
	pump(context);
}

static void
link_down(void *context, const char *reason)
{
	struct syslog *syslog = context;

	arrivals_see(syslog);
	syslog_queue_restart(&syslog->queue);
	syslog->renewing = false;
	trouble(syslog, reason);
}

static const struct syslog_link_calls link_calls = {.up = link_up, .writable = link_writable, .down = link_down};

static void
syslog_write(struct output *output, const struct log_fields *fields)
{
	struct syslog *syslog = (struct syslog *)output;
	const char *reason;

	if (!syslog_queue_fits(&syslog->queue, QUEUE_MAX / 2))
		pump(syslog);
	reason = loss_tell(syslog) ? message_add(syslog, fields) : syslog->reason;
	if (reason != NULL)
		lose(syslog, reason);
}

static void
syslog_flush(struct output *output)
{
	pump((struct syslog *)output);
}

static void
syslog_reopen(struct output *output)
{
	struct syslog *syslog = (struct syslog *)output;

	if (syslog->queue.begun > 0)
		syslog->renewing = true;
	else
		renew(syslog);
}

static bool
syslog_finished(struct output *output)
{
	struct syslog *syslog = (struct syslog *)output;

	pump(syslog);
	return syslog_queue_waiting(&syslog->queue) == 0 || syslog->troubled;
}

static void
syslog_close(struct output *output)
{
	struct syslog *syslog = (struct syslog *)output;
	uint64_t left = syslog->lost + syslog_queue_waiting(&syslog->queue);

	if (left > 0)
		report_problem("syslog %.100s: %" PRIu64 " lines were not delivered: %s", syslog->setup->destination, left,
		    *syslog->reason != '\0' ? syslog->reason : "there was no time left");
	if (syslog->nudge != NULL)
		event_free(syslog->nudge);
	syslog_link_free(syslog->link);
	syslog_queue_clear(&syslog->queue);
	format_free(syslog->format);
	free(syslog);
}

static struct output *
syslog_open(const struct logger_setup *setup, struct needs *needs)
{
	struct syslog *syslog = calloc(1, sizeof(*syslog));
	char error[LOG_FORMAT_ERROR_SIZE];

	if (syslog == NULL)
		return NULL;
	syslog->output.kind = &syslog_output;
	syslog->setup = setup;
	syslog_queue_init(&syslog->queue, QUEUE_MAX);
	if ((syslog->format = format_new(setup, error)) == NULL)
		report_fatal("formatter of %s: %s", setup->destination, error);
	syslog->link = syslog_link_new(setup->destination, setup->port,
	    setup->protocol != NULL && strcmp(setup->protocol, "tcp") == 0, &link_calls, syslog, needs);
	if (syslog->link != NULL)
		return &syslog->output;
	format_free(syslog->format);
	free(syslog);
	return NULL;
}

static bool
syslog_begin(struct output *output, struct event_base *base)
{
	struct syslog *syslog = (struct syslog *)output;

	return (syslog->nudge = evtimer_new(base, nudged, syslog)) != NULL && syslog_link_begin(syslog->link, base);
}

const struct output_kind syslog_output = {
	.method = "syslog", .open = syslog_open, .begin = syslog_begin, .write = syslog_write, .flush = syslog_flush,
	.reopen = syslog_reopen, .finished = syslog_finished, .close = syslog_close};
