/*
 * Dialogues. Touch their stream and memory only. Invariants: no more than DIALOGUE_HEARD_MAX bytes of an answer are
 * kept, whatever comes and however; and what the pattern costs, tried again and again on an answer that comes in drips,
 * is a small share of the time.
 */
#include "dialogue.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEARD_STEP 4096
#define REST 4 /* times as long as the pattern took it is not tried again, unless nothing more will come */

#define QUOTE_SHOWN 48 /* characters */
#define QUOTE_SIZE (QUOTE_SHOWN + 8)

void
dialogue_begin(struct dialogue *dialogue, const char *text, struct pattern *pattern)
{
	*dialogue = (struct dialogue){.text = text, .length = text != NULL ? strlen(text) : 0, .pattern = pattern,
	    .next_try = MONOTIME_NEVER};
}

void
dialogue_free(struct dialogue *dialogue)
{
	free(dialogue->heard);
	dialogue->heard = NULL;
}

/* One byte as C writes it. */
static size_t
byte_quote(unsigned char byte, char text[static 5])
{
	static const char names[][2] = {{'\r', 'r'}, {'\n', 'n'}, {'\t', 't'}, {'"', '"'}, {'\\', '\\'}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (byte == (unsigned char)names[i][0])
			return (size_t)snprintf(text, 5, "\\%c", names[i][1]);
	return (size_t)snprintf(text, 5, byte >= ' ' && byte <= '~' ? "%c" : "\\x%02x", byte);
}

/* The first bytes, with "..." where there are more. */
static const char *
heard_quote(const struct dialogue *dialogue, char quoted[static QUOTE_SIZE])
{
	size_t length = 0, bytes = 0;
	char byte[5];

	for (; bytes < dialogue->heard_length; bytes++) {
		size_t more = byte_quote((unsigned char)dialogue->heard[bytes], byte);

		if (length + more > QUOTE_SHOWN)
			break;
		memcpy(quoted + length, byte, more);
		length += more;
	}
	snprintf(quoted + length, QUOTE_SIZE - length, "%s", bytes < dialogue->heard_length ? "..." : "");
	return quoted;
}

/* Something came, and it is not what is expected. when: until when, to follow the number of bytes. */
static void
verdict_mismatch(const struct dialogue *dialogue, struct stream *stream, const char *when)
{
	char quoted[QUOTE_SIZE];

	result_fail(stream->result, REASON_PATTERN, "answer from %s does not match in %zu bytes%s: \"%s\"",
	    stream->name, dialogue->heard_length, when, heard_quote(dialogue, quoted));
}

/* Nothing more is to be heard. */
static void
verdict_ended(const struct dialogue *dialogue, struct stream *stream)
{
	if (dialogue->heard_length == 0)
		result_fail(stream->result, REASON_CLOSED, "connection closed by %s without an answer", stream->name);
	else
		verdict_mismatch(dialogue, stream, dialogue->ended ? ", its end" : " (the rest is not looked at)");
}

/* Try the pattern on all that was heard, if that is more than before. Returns whether there is a verdict. */
static bool
heard_try(struct dialogue *dialogue, struct stream *stream)
{
	monotime_t begin = monotime_now(), end;
	enum pattern_match match;

	dialogue->next_try = MONOTIME_NEVER;
	if (dialogue->tried == dialogue->heard_length)
		return false;
	dialogue->tried = dialogue->heard_length;
	match = pattern_match(dialogue->pattern, dialogue->heard, dialogue->heard_length, false);
	end = monotime_now();
	dialogue->rested = monotime_add(end, REST * monotime_sub(end, begin));
	if (match == PATTERN_MATCH)
		result_pass(stream->result, "answer from %s matches", stream->name);
	else if (match == PATTERN_LIMIT)
		result_error(stream->result, REASON_PATTERN_LIMIT, "pattern takes too long on the answer from %s",
		    stream->name);
	return match != PATTERN_NO_MATCH;
}

static bool
heard_reserve(struct dialogue *dialogue)
{
	size_t size = dialogue->heard_size == 0 ? HEARD_STEP : dialogue->heard_size * 2;
	char *heard;

	if (dialogue->heard_length < dialogue->heard_size)
		return true;
	if ((heard = realloc(dialogue->heard, size)) == NULL)
		return false;
	dialogue->heard = heard;
	dialogue->heard_size = size;
	return true;
}

static bool
heard_is_all(const struct dialogue *dialogue)
{
	return dialogue->ended || dialogue->heard_length == DIALOGUE_HEARD_MAX;
}

/* What to wait for; 0: the stream is not to be waited for. */
static short
status_events(enum stream_status status)
{
	return status == STREAM_WANTS_READ ? POLLIN : status == STREAM_WANTS_WRITE ? POLLOUT : 0;
}

/* Returns false when there is a verdict. */
static bool
text_send(struct dialogue *dialogue, const struct stream_ops *ops, struct stream *stream, short *events)
{
	enum stream_status status = STREAM_DONE;
	size_t sent;

	while (dialogue->sent < dialogue->length && status == STREAM_DONE) {
		status = ops->send(stream, dialogue->text + dialogue->sent, dialogue->length - dialogue->sent, &sent);
		if (status == STREAM_DONE)
			dialogue->sent += sent;
	}
	*events |= status_events(status);
	return status != STREAM_FAILED;
}

/* Returns false when there is a verdict. */
static bool
answer_receive(struct dialogue *dialogue, const struct stream_ops *ops, struct stream *stream, short *events)
{
	enum stream_status status = STREAM_DONE;
	size_t received;

	while (!heard_is_all(dialogue) && status == STREAM_DONE) {
		if (!heard_reserve(dialogue)) {
			result_error(stream->result, REASON_LOCAL, "out of memory");
			return false;
		}
		status = ops->receive(stream, dialogue->heard + dialogue->heard_length,
		    dialogue->heard_size - dialogue->heard_length, &received);
		if (status == STREAM_DONE)
			dialogue->heard_length += received;
		dialogue->ended = status == STREAM_ENDED;
	}
	*events |= status_events(status);
	/* one who answers and leaves without having listened resets the connection behind the answer */
	if (status == STREAM_FAILED && dialogue->sent == dialogue->length)
		heard_try(dialogue, stream);
	return status != STREAM_FAILED;
}

/* All was sent. Returns whether there is a verdict. */
static bool
answer_judge(struct dialogue *dialogue, struct stream *stream)
{
	if (heard_is_all(dialogue)) {
		if (!heard_try(dialogue, stream))
			verdict_ended(dialogue, stream);
		return true;
	}
	if (!monotime_before(monotime_now(), dialogue->rested))
		return heard_try(dialogue, stream);
	if (dialogue->tried < dialogue->heard_length)
		dialogue->next_try = dialogue->rested;
	return false;
}

short
dialogue_step(struct dialogue *dialogue, const struct stream_ops *ops, struct stream *stream)
{
	short events = 0;

	if (!text_send(dialogue, ops, stream, &events))
		return 0;
	/* also while there is something to send: a server that talks first may not listen before it was heard */
	if (dialogue->pattern != NULL && !answer_receive(dialogue, ops, stream, &events))
		return 0;
	if (dialogue->sent < dialogue->length)
		return events;
	if (dialogue->pattern != NULL)
		return answer_judge(dialogue, stream) ? 0 : events;
	result_pass(stream->result, "sent %zu bytes to %s", dialogue->sent, stream->name);
	return 0;
}

void
dialogue_expire(struct dialogue *dialogue, struct stream *stream, double seconds)
{
	char when[48];

	snprintf(when, sizeof(when), " within %g s", seconds);
	if (dialogue->sent < dialogue->length)
		result_fail(stream->result, REASON_TIMEOUT, "send to %s: %zu of %zu bytes taken%s", stream->name,
		    dialogue->sent, dialogue->length, when);
	else if (dialogue->heard_length == 0)
		result_fail(stream->result, REASON_TIMEOUT, "read from %s: no answer%s", stream->name, when);
	else if (!heard_try(dialogue, stream))
		verdict_mismatch(dialogue, stream, when);
}
