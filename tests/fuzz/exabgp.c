/*
 * The conversation with ExaBGP as a script: bytes 0 and 1 are the options, then one step after the other:
 * what ExaBGP says (well or badly, in any pieces), what is wished, what is written, how time goes by.
 * Every line that is written is a route as it is desired at that moment, or a known question; what is in
 * flight stays within its limit; time-outs lie ahead. In the end ExaBGP behaves, and what was written adds
 * up to what is wished.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../supervisor/exabgp.h"
#include "../../supervisor/exabgp_command.h"
#include "fuzz.h"

#define KEYS 6
#define RANKS 2
#define WISH_NONE (-2)
#define WISH_WITHDRAW (-1) /* else: the index of the attributes */
#define SAID_MAX 512 /* lines that ExaBGP has not answered */
#define FINISH_SECONDS 900 /* more than two resyncs and the longest pause between retries */
#define RESYNC_SECONDS 30  /* one that begins at the very end takes no longer */
#define OUTPUT_MAX (2 * EXABGP_LINE_MAX)

static const struct {
	const char *prefix, *neighbor;
	uint32_t path_id; /* 0: none */
} keys[KEYS] = {
    {"192.0.2.1/32", NULL, 0},
    {"192.0.2.2/32", "10.0.0.1", 0},
    {"192.0.2.3/32", NULL, 7},
    {"2001:db8::/48", "2001:db8::1", 4294967295},
    {"0.0.0.0/0", NULL, 0},
    {"2001:db8::1/128", NULL, 0},
};

static const char *const attributes[] = {"next-hop self", "next-hop self med 100",
    "next-hop 192.0.2.254 med 0 local-preference 4294967295 as-path [ 64496 ] community [ 64496:1 ]"};

static const char *const answers[] = {"done\n", "error\n", "error: no such thing\n", "error: \n", "shutdown\n",
    "shutdown 1 2\n", "exabgp 4.2.21\n", "exabgp 5.0.8\n", "{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\n",
    "[{\"peer-address\": \"10.0.0.1\"}, {\"peer-address\": \"2001:db8::1\", \"state\": null}]\n", "[]\n",
    "neighbor 10.0.0.1 up\n", "{ \"exabgp\": \"4.0.1\", \"notification\": \"shutdown\"}\n", "\n", "\r\n", "done",
    "err", "or\n", "exabgp \n"};

struct script {
	struct fuzz_input input;
	monotime_t now;
	struct ledger *ledger;
	struct exabgp *exabgp;
	size_t limit; /* of commands in flight */
	bool v6;      /* what ExaBGP is when it behaves */
	bool service, away;
	int wishes[KEYS][RANKS];
	int written[KEYS];
	char said[SAID_MAX]; /* kinds of lines to answer: newline, version, list, route */
	size_t said_count;
};

static struct route_key
key_make(size_t index)
{
	struct route_key key = {
	    .neighbor = keys[index].neighbor, .has_path_id = keys[index].path_id != 0, .path_id = keys[index].path_id};

	FUZZ_ASSERT(prefix_parse(keys[index].prefix, &key.prefix) == PREFIX_OK);
	return key;
}

/* The lowest rank that announces decides; withdrawn when none does but one spoke. */
static int
desired(const struct script *script, size_t key)
{
	int wish = WISH_NONE;

	for (size_t rank = 0; rank < RANKS; rank++) {
		if (script->wishes[key][rank] >= 0)
			return script->wishes[key][rank];
		if (script->wishes[key][rank] == WISH_WITHDRAW)
			wish = WISH_WITHDRAW;
	}
	return wish;
}

/* What ExaBGP says, in a buffer of its own size. */
static void
feed(struct script *script, const void *data, size_t length)
{
	uint8_t *copy = fuzz_copy(data, length);

	exabgp_input(script->exabgp, (const char *)copy, length, script->now);
	free(copy);
}

static void
feed_text(struct script *script, const char *text)
{
	feed(script, text, strlen(text));
}

/* A well-behaved ExaBGP answers the oldest line. */
static void
answer_next(struct script *script)
{
	char kind;

	if (script->said_count == 0)
		return;
	kind = script->said[0];
	memmove(script->said, script->said + 1, --script->said_count);
	if (kind == 'v')
		feed_text(script, script->v6 ? answers[8] : answers[6]);
	else if (kind == 'p')
		feed_text(script, answers[9]);
	feed_text(script, kind == 'n' && !script->v6 ? "error\n" : "done\n");
}

static char
line_kind_of(struct script *script, const char *line, enum exabgp_dialect dialect)
{
	char expected[EXABGP_LINE_MAX];

	if (*line == '\0')
		return 'n';
	if (strcmp(line, "system version") == 0)
		return 'v';
	if (strcmp(line, "peer list") == 0)
		return 'p';
	FUZZ_ASSERT(exabgp_command_allowed(line));
	for (size_t i = 0; i < KEYS; i++) {
		int wish = desired(script, i);
		struct route_key key = key_make(i);

		if (wish == WISH_NONE)
			continue;
		FUZZ_ASSERT(exabgp_command(dialect, &key, wish >= 0 ? attributes[wish] : NULL, expected, sizeof(expected)) > 0);
		if (strcmp(line, expected) != 0)
			continue;
		script->written[i] = wish;
		return 'r';
	}
	fprintf(stderr, "written, but not desired: %s\n", line);
	FUZZ_ASSERT(false);
}

static void
check_status(struct script *script, struct exabgp_status *status)
{
	exabgp_status(script->exabgp, status);
	FUZZ_ASSERT(status->in_flight <= script->limit);
	FUZZ_ASSERT(status->dialect == DIALECT_V4 || status->dialect == DIALECT_V6);
	fuzz_assert_ascii(status->version, sizeof(status->version));
	FUZZ_ASSERT(!exabgp_idle(script->exabgp) || status->in_flight == 0);
}

/* Returns whether anything was written. */
static bool
output(struct script *script, size_t size)
{
	char *buffer = malloc(size), *line = buffer;
	struct exabgp_status status;
	size_t length;

	FUZZ_ASSERT(buffer != NULL);
	check_status(script, &status);
	length = exabgp_output(script->exabgp, buffer, size, script->now);
	FUZZ_ASSERT(length <= size && (length == 0 || buffer[length - 1] == '\n'));
	while (line < buffer + length) {
		char *newline = memchr(line, '\n', (size_t)(buffer + length - line)), kind;

		FUZZ_ASSERT(newline - line < EXABGP_LINE_MAX);
		*newline = '\0';
		kind = line_kind_of(script, line, status.dialect);
		if (script->said_count < SAID_MAX)
			script->said[script->said_count++] = kind;
		line = newline + 1;
	}
	free(buffer);
	check_status(script, &status);
	return length > 0;
}

static void
advance(struct script *script, int64_t duration_ns)
{
	script->now = monotime_add(script->now, duration_ns);
	if (monotime_before(script->now, exabgp_deadline(script->exabgp)))
		return;
	exabgp_tick(script->exabgp, script->now);
	/* A deadline in the past would be a loop that never sleeps. */
	FUZZ_ASSERT(monotime_before(script->now, exabgp_deadline(script->exabgp)));
}

static void
wish(struct script *script, uint8_t choice, bool announce)
{
	size_t index = choice % KEYS, rank = choice / KEYS % RANKS, which = choice / KEYS / RANKS % 3;
	struct route_key key = key_make(index);

	if (announce)
		FUZZ_ASSERT(ledger_announce(script->ledger, &key, (unsigned)rank, (unsigned)rank, attributes[which]));
	else
		FUZZ_ASSERT(ledger_withdraw(script->ledger, &key, (unsigned)rank, (unsigned)rank));
	script->wishes[index][rank] = announce ? (int)which : WISH_WITHDRAW;
}

static void
wish_nothing(struct script *script)
{
	ledger_withdraw_all(script->ledger);
	for (size_t i = 0; i < KEYS; i++)
		for (size_t rank = 0; rank < RANKS; rank++)
			if (script->wishes[i][rank] != WISH_NONE)
				script->wishes[i][rank] = WISH_WITHDRAW;
}

/* A line of a length that no reader should keep. */
static void
feed_long(struct script *script, size_t kilobytes)
{
	char text[1024];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < kilobytes; i++)
		feed(script, text, sizeof(text));
}

/* A service that is there leaves, one that is away arrives. */
static void
come_or_go(struct script *script)
{
	if (!script->service)
		return;
	script->away = !script->away;
	script->said_count = 0;
	if (script->away)
		exabgp_leave(script->exabgp, script->now);
	else
		exabgp_arrive(script->exabgp, script->now);
}

/* What happens at once, by its letter. */
static void
event(struct script *script, uint8_t letter)
{
	switch (letter) {
	case 'W':
		wish_nothing(script);
		break;
	case 'H':
		exabgp_hurry(script->exabgp, script->now);
		break;
	case 'S':
	case 'N':
		exabgp_suspect(script->exabgp, letter == 'N', script->now);
		break;
	case 'P':
	case 'R':
		exabgp_pause(script->exabgp, letter == 'P');
		break;
	case 'L':
		come_or_go(script);
		break;
	default:
		break;
	}
}

static void
step(struct script *script)
{
	uint8_t operation = fuzz_byte(&script->input), value = fuzz_byte(&script->input);
	const uint8_t *bytes;
	size_t length;

	switch (operation % 16) {
	case 0:
		bytes = fuzz_bytes(&script->input, value, &length);
		feed(script, bytes, length);
		break;
	case 1:
	case 2:
		feed_text(script, answers[value % (sizeof(answers) / sizeof(answers[0]))]);
		break;
	case 3:
	case 4:
		output(script, (value & 1) != 0 ? OUTPUT_MAX : EXABGP_LINE_MAX + value);
		break;
	case 5:
		advance(script, value * 20 * NS_PER_MILLISECOND);
		break;
	case 6:
		advance(script, value * NS_PER_SECOND);
		break;
	case 7:
	case 8:
		wish(script, value, true);
		break;
	case 9:
		wish(script, value, false);
		break;
	case 10:
		feed_long(script, value % 80);
		break;
	case 11:
		event(script, value);
		break;
	default:
		for (size_t i = 0; i <= value % 8; i++)
			answer_next(script);
		break;
	}
}

/* From now on ExaBGP answers well and at once. */
static void
finish(struct script *script)
{
	monotime_t end = monotime_add(script->now, FINISH_SECONDS * NS_PER_SECOND);
	monotime_t late = monotime_add(end, RESYNC_SECONDS * NS_PER_SECOND);
	size_t announced = 0;

	exabgp_pause(script->exabgp, false);
	if (script->away)
		come_or_go(script);
	feed_text(script, "\n");
	while (monotime_before(script->now, end) ||
	    (monotime_before(script->now, late) && ledger_pending(script->ledger) > 0)) {
		/* From one time-out to the next, at most until all of them should have come to nothing. */
		advance(script, monotime_left(monotime_min(exabgp_deadline(script->exabgp), late), script->now));
		for (bool more = true; more;) {
			more = output(script, OUTPUT_MAX);
			while (script->said_count > 0)
				answer_next(script);
		}
	}
	FUZZ_ASSERT(ledger_pending(script->ledger) == 0);
	for (size_t i = 0; i < KEYS; i++) {
		FUZZ_ASSERT(script->written[i] == desired(script, i));
		announced += script->written[i] >= 0;
	}
	FUZZ_ASSERT(ledger_count(script->ledger, ROUTE_ANNOUNCED) == announced);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script *script = calloc(1, sizeof(*script));
	struct exabgp_options options;
	static const enum exabgp_peer peers[] = {EXABGP_PARENT, EXABGP_PARENT, EXABGP_SERVICE, EXABGP_NOBODY};
	uint8_t choice, limit;

	FUZZ_ASSERT(script != NULL);
	fuzz_log_sink();
	script->input = (struct fuzz_input){data, size};
	choice = fuzz_byte(&script->input);
	limit = fuzz_byte(&script->input);
	for (size_t i = 0; i < KEYS * RANKS; i++)
		script->wishes[i / RANKS][i % RANKS] = WISH_NONE;
	for (size_t i = 0; i < KEYS; i++)
		script->written[i] = WISH_NONE;
	options = (struct exabgp_options){.dialect = choice % 3, .ack = choice / 3 % 3, .max_in_flight = limit % 32};
	script->limit = limit % 32 == 0 ? 1 : limit % 32;
	script->v6 = options.dialect == DIALECT_AUTO ? choice / 9 % 2 == 1 : options.dialect == DIALECT_V6;
	script->now = (monotime_t){NS_PER_SECOND};
	script->ledger = ledger_new();
	FUZZ_ASSERT(script->ledger != NULL);
	script->exabgp = exabgp_new(&options, choice / 18 % 2 == 1 ? 0 : 300 * NS_PER_SECOND, script->ledger,
	    peers[choice / 36 % 4], script->now);
	FUZZ_ASSERT(script->exabgp != NULL);
	script->service = script->away = peers[choice / 36 % 4] == EXABGP_SERVICE;
	while (script->input.left > 0)
		step(script);
	finish(script);
	exabgp_free(script->exabgp);
	ledger_free(script->ledger);
	free(script);
	return 0;
}
