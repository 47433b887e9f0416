/*
 * Ledger and conversation together under random histories in virtual time. A model ExaBGP executes the
 * lines as they are emitted into a table of routes for each neighbor, answers late and in pieces, refuses
 * some and loses some answers. What is desired is worked out from the wishes alone, by the words of the
 * documentation. Seeded: a failure names its seed.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/log.h"
#include "../../supervisor/exabgp.h"
#include "unit.h"

#define PREFIXES 5
#define NEIGHBORS 3
#define TARGETS (NEIGHBORS + 1) /* the last one: all neighbors */
#define RANKS 3
#define STEPS 1500
#define SEEDS 25
#define QUEUE_MAX 65536

enum { UNSAID = -1, GONE = 0 }; /* else: announced with this MED */

static const char *const neighbors[NEIGHBORS] = {"10.0.0.1", "10.0.0.2", "2001:db8::1"};

/* Of a service: how often it ends and returns later, or is another in no time. */
struct faults {
	const char *name;
	unsigned refuse_percent, lose_percent;
	bool acks;
	unsigned ends_permille, replaced_permille;
};

static const struct faults kinds[] = {
    {"none", 0, 0, true, 0, 0},
    {"refusals", 20, 0, true, 0, 0},
    {"lost answers", 0, 3, true, 0, 0},
    {"refusals and lost answers", 10, 3, true, 0, 0},
    {"no acks", 0, 0, false, 0, 0},
    {"a service that ends", 0, 0, true, 10, 0},
    {"a service that ends, refuses and loses answers", 10, 3, true, 10, 0},
    {"a service that is replaced", 0, 0, true, 0, 5},
    {"a service that is replaced, ends, and loses answers", 0, 3, true, 5, 5},
};

struct model {
	uint64_t random;
	unsigned seed;
	const struct faults *faults;
	bool v6, faulty, service, away;
	bool replaced; /* unseen: what it has is known again after a resync */
	monotime_t now;
	struct ledger *ledger;
	struct exabgp *exabgp;
	int wish[PREFIXES][TARGETS][RANKS];
	int emitted[PREFIXES][NEIGHBORS]; /* every line executed as it is said */
	int rib[PREFIXES][NEIGHBORS];	  /* what the model ExaBGP has */
	char queue[QUEUE_MAX];		  /* lines not executed yet */
	size_t queued;
	char answers[QUEUE_MAX]; /* not delivered yet */
	size_t answered;
	unsigned long lines, compared;
};

static unsigned
below(struct model *model, unsigned limit)
{
	model->random = model->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(model->random >> 33) % limit;
}

/* What the owners of one target want: the lowest rank that announces. */
static int
wanted(const struct model *model, int prefix, int target)
{
	bool said = false;

	for (int rank = 0; rank < RANKS; rank++) {
		if (model->wish[prefix][target][rank] > GONE)
			return model->wish[prefix][target][rank];
		said |= model->wish[prefix][target][rank] == GONE;
	}
	return said ? GONE : UNSAID;
}

/* What a neighbor should have: its own route, else that for all, else nothing. */
static int
desired(const struct model *model, int prefix, int neighbor)
{
	int own = wanted(model, prefix, neighbor), all = wanted(model, prefix, NEIGHBORS);

	if (own > GONE)
		return own;
	return all != UNSAID ? all : own;
}

struct command {
	bool announce, v6;
	int prefix, med, target;
};

static struct command
command_parse(const char *line)
{
	struct command command = {.target = NEIGHBORS};
	char text[256], *word, *rest = text;

	ck_assert_uint_lt(strlen(line), sizeof(text));
	strcpy(text, line);
	word = strsep(&rest, " ");
	if (strcmp(word, "neighbor") == 0 || strcmp(word, "peer") == 0) {
		command.v6 = strcmp(word, "peer") == 0;
		word = strsep(&rest, " ");
		for (int i = 0; i < NEIGHBORS; i++)
			if (strcmp(word, neighbors[i]) == 0)
				command.target = i;
		ck_assert(command.target != NEIGHBORS || (command.v6 && strcmp(word, "*") == 0));
		word = strsep(&rest, " ");
	}
	command.announce = strcmp(word, "announce") == 0;
	if (command.announce)
		ck_assert_int_eq(sscanf(rest, "route 192.0.2.%d/32 next-hop self med %d", &command.prefix, &command.med), 2);
	else {
		ck_assert_str_eq(word, "withdraw");
		ck_assert_int_eq(sscanf(rest, "route 192.0.2.%d/32", &command.prefix), 1);
	}
	ck_assert_int_lt(command.prefix, PREFIXES);
	return command;
}

static void
command_execute(const struct command *command, int table[PREFIXES][NEIGHBORS])
{
	for (int i = 0; i < NEIGHBORS; i++)
		if (command->target == i || command->target == NEIGHBORS)
			table[command->prefix][i] = command->med;
}

/*
 * A line is about to be said: every neighbor it touches then has what is desired, or it has a route of
 * its own there, which must follow (checked when nothing is pending).
 */
static void
line_emitted(struct model *model, const char *line)
{
	struct command command;

	if (*line == '\0' || strcmp(line, "system version") == 0 || strcmp(line, "peer list") == 0)
		return;
	command = command_parse(line);
	command_execute(&command, model->emitted);
	model->lines++;
	for (int i = 0; i < NEIGHBORS; i++) {
		int own = wanted(model, command.prefix, i);

		if (command.target != i && (command.target != NEIGHBORS || own > GONE))
			continue;
		ck_assert_msg(command.med == desired(model, command.prefix, i), "%s, seed %u: \"%s\" but %d is desired on %s",
		    model->faults->name, model->seed, line, desired(model, command.prefix, i), neighbors[i]);
	}
}

static void
queue_append(char *queue, size_t *length, const char *bytes, size_t count)
{
	ck_assert_uint_lt(*length + count, QUEUE_MAX);
	memcpy(queue + *length, bytes, count);
	*length += count;
}

static void
queue_consume(char *queue, size_t *length, size_t count)
{
	memmove(queue, queue + count, *length - count);
	*length -= count;
}

static void
emit(struct model *model)
{
	char lines[EXABGP_LINE_MAX + 1], *line, *rest = lines;
	size_t length = exabgp_output(model->exabgp, lines, EXABGP_LINE_MAX, model->now);

	if (length == 0)
		return;
	ck_assert_uint_le(length, EXABGP_LINE_MAX);
	ck_assert_int_eq(lines[length - 1], '\n');
	queue_append(model->queue, &model->queued, lines, length);
	lines[length - 1] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		line_emitted(model, line);
}

static void
say(struct model *model, const char *text)
{
	queue_append(model->answers, &model->answered, text, strlen(text));
}

static void
acknowledge(struct model *model, const char *text)
{
	if (model->faults->acks)
		say(model, text);
}

/* The model ExaBGP executes one line. */
static void
execute(struct model *model)
{
	char *newline = memchr(model->queue, '\n', model->queued);
	char line[EXABGP_LINE_MAX];
	struct command command;

	if (newline == NULL)
		return;
	*newline = '\0';
	ck_assert_uint_lt((size_t)(newline - model->queue), sizeof(line));
	memcpy(line, model->queue, (size_t)(newline - model->queue) + 1);
	queue_consume(model->queue, &model->queued, (size_t)(newline - model->queue) + 1);
	if (*line == '\0')
		acknowledge(model, model->v6 ? "done\n" : "error\n");
	else if (strcmp(line, "system version") == 0) {
		say(model, model->v6 ? "{\"version\": \"6.0.0\", \"application\": \"exabgp\"}\n" : "exabgp 4.2.21\n");
		acknowledge(model, "done\n");
	} else if (strcmp(line, "peer list") == 0) {
		say(model, "[{\"peer-address\": \"10.0.0.1\"}, {\"peer-address\": \"10.0.0.2\"}, "
			   "{\"peer-address\": \"2001:db8::1\", \"state\": null}]\n");
		acknowledge(model, "done\n");
	} else if (model->faulty && below(model, 100) < model->faults->refuse_percent)
		acknowledge(model, below(model, 2) != 0 ? "error: not now\nerror\n" : "error\n");
	else {
		command = command_parse(line);
		if (command.v6 != model->v6) {
			/* Said when the version had not come in time. */
			acknowledge(model, "error\n");
			return;
		}
		command_execute(&command, model->rib);
		if (!model->faulty || below(model, 100) >= model->faults->lose_percent)
			acknowledge(model, "done\n");
	}
}

static void
deliver(struct model *model)
{
	size_t piece = model->answered > 0 ? 1 + below(model, model->answered < 40 ? (unsigned)model->answered : 40) : 0;

	exabgp_input(model->exabgp, model->answers, piece, model->now);
	queue_consume(model->answers, &model->answered, piece);
}

static void
advance(struct model *model, int64_t duration_ns)
{
	model->now = monotime_add(model->now, duration_ns);
	if (!monotime_before(model->now, exabgp_deadline(model->exabgp)))
		exabgp_tick(model->exabgp, model->now);
}

static void
change(struct model *model)
{
	int prefix = (int)below(model, PREFIXES), target = (int)below(model, TARGETS), rank = (int)below(model, RANKS);
	struct route_key key = {.neighbor = target < NEIGHBORS ? neighbors[target] : NULL};
	char text[64];
	/* A route that is forgotten is not withdrawn again when its answer turns out to have been another command's. */
	bool leaves = below(model, 2) == 0 && (model->faults->refuse_percent == 0 || model->faults->lose_percent == 0);

	/* Half of the prefixes have no overlap. */
	if (prefix % 2 == 0)
		target = NEIGHBORS, key.neighbor = NULL;
	snprintf(text, sizeof(text), "192.0.2.%d/32", prefix);
	ck_assert_int_eq(prefix_parse(text, &key.prefix), PREFIX_OK);
	leaves &= model->wish[prefix][target][rank] != UNSAID; /* who never came cannot leave */
	model->wish[prefix][target][rank] = below(model, 3) == 0 ? GONE : 1 + (int)below(model, 3);
	if (model->wish[prefix][target][rank] == GONE && leaves)
		ledger_release(model->ledger, &key, (unsigned)rank);
	else if (model->wish[prefix][target][rank] == GONE)
		ck_assert(ledger_withdraw(model->ledger, &key, (unsigned)rank, (unsigned)rank));
	else {
		snprintf(text, sizeof(text), "next-hop self med %d", model->wish[prefix][target][rank]);
		ck_assert(ledger_announce(model->ledger, &key, (unsigned)rank, (unsigned)rank, text));
	}
}

/* Where ExaBGP began anew, what it does not have is withdrawn, and nothing need be said of what was forgotten. */
static bool
agrees(const struct model *model, int there, int expected)
{
	bool anew = model->faults->ends_permille > 0 || model->faults->replaced_permille > 0;

	return there == expected || (anew && there <= GONE && expected <= GONE);
}

/* Nothing pending: the stream as said gives what is desired; nothing unanswered either: so has ExaBGP. */
static void
compare(struct model *model, bool rib_too)
{
	struct exabgp_status status;

	exabgp_status(model->exabgp, &status);
	/* A route whose neighbor ExaBGP 6 did not name in time counts as said until its refusal has its turn. */
	if (ledger_pending(model->ledger) > 0 || (model->v6 && status.in_flight > 0))
		return;
	for (int prefix = 0; prefix < PREFIXES; prefix++)
		for (int i = 0; i < NEIGHBORS; i++) {
			int expected = desired(model, prefix, i);

			if (!agrees(model, model->emitted[prefix][i], expected))
				ck_abort_msg("%s, seed %u: prefix %d on %s: said %d, desired %d", model->faults->name,
				    model->seed, prefix, neighbors[i], model->emitted[prefix][i], expected);
			if (rib_too && !agrees(model, model->rib[prefix][i], expected))
				ck_abort_msg("%s, seed %u: prefix %d on %s: has %d, desired %d", model->faults->name,
				    model->seed, prefix, neighbors[i], model->rib[prefix][i], expected);
			model->compared++;
		}
}

static bool
at_rest(const struct model *model)
{
	struct exabgp_status status;

	exabgp_status(model->exabgp, &status);
	/* Without its version or answers, for good or because they came late, nothing is known of what ExaBGP took. */
	return !status.detecting && status.in_flight == 0 &&
	    (status.acks ||
		(model->faults->refuse_percent == 0 && (status.dialect == DIALECT_V6) == model->v6)) &&
	    model->queued == 0 && model->answered == 0;
}

/* It ends, with all it had and was about to say. */
static void
service_end(struct model *model)
{
	model->queued = model->answered = 0;
	memset(model->rib, 0xff, sizeof(model->rib));
}

static void
service_arrive(struct model *model)
{
	model->away = false;
	exabgp_arrive(model->exabgp, model->now);
}

static void
service_leave(struct model *model)
{
	service_end(model);
	memset(model->emitted, 0xff, sizeof(model->emitted));
	model->away = true;
	exabgp_leave(model->exabgp, model->now);
}

static void
service_step(struct model *model)
{
	if (model->away) {
		if (below(model, 20) == 0)
			service_arrive(model);
	} else if (below(model, 1000) < model->faults->ends_permille) {
		service_leave(model);
	} else if (below(model, 1000) < model->faults->replaced_permille) {
		/* What was in the pipe is lost too, or it is read by the next. */
		if (below(model, 2) == 0)
			service_end(model);
		else
			memset(model->rib, 0xff, sizeof(model->rib));
		model->replaced = true;
		exabgp_suspect(model->exabgp, true, model->now);
	}
}

static void
step(struct model *model)
{
	/* A refusal that a lost answer hid from us is only put right by the next resync. */
	bool hidden = model->faults->refuse_percent > 0 && model->faults->lose_percent > 0;

	if (model->service)
		service_step(model);
	switch (below(model, 6)) {
	case 0:
		if (below(model, 2) == 0)
			change(model);
		break;
	case 1:
		emit(model);
		break;
	case 2:
		execute(model);
		break;
	case 3:
		deliver(model);
		break;
	case 4:
		advance(model, (int64_t)below(model, 50) * NS_PER_MILLISECOND);
		break;
	default:
		/* The two lines of a refusal come together. */
		if (below(model, 50) == 0 && (model->faults->refuse_percent == 0 || model->answered == 0))
			advance(model, (int64_t)below(model, 20) * NS_PER_SECOND);
		else if (below(model, 10) == 0)
			while (model->queued > 0 || model->answered > 0) {
				execute(model);
				deliver(model);
			}
		break;
	}
	compare(model, at_rest(model) && !hidden && !model->replaced && !model->away);
}

/* No more faults: after two resyncs all must be right. */
static void
finish(struct model *model)
{
	model->faulty = false;
	if (model->away)
		service_arrive(model);
	/* Longer, when the last resync has just begun. */
	for (int turn = 0; turn < 800 || (turn < 820 && (ledger_pending(model->ledger) > 0 || !at_rest(model)));
	     turn++) {
		/* That it was replaced is noticed at once, not at the next resync. */
		if (turn == 60 && model->replaced && model->faults->lose_percent == 0 && at_rest(model))
			compare(model, true);
		advance(model, NS_PER_SECOND);
		for (size_t said = model->queued + 1; said != model->queued;) {
			said = model->queued;
			emit(model);
		}
		while (model->queued > 0 || model->answered > 0) {
			execute(model);
			deliver(model);
		}
	}
	ck_assert_uint_eq(ledger_pending(model->ledger), 0);
	ck_assert_msg(exabgp_idle(model->exabgp) && at_rest(model), "%s, seed %u: not at rest", model->faults->name,
	    model->seed);
	compare(model, true);
}

START_TEST(random_histories)
{
	static struct model model;
	struct exabgp_options options = {.dialect = DIALECT_AUTO, .ack = ACK_AUTO};
	const unsigned seeds = (unsigned)unit_rounds(SEEDS);
	unsigned long lines = 0, compared = 0;

	unit_log_silence();
	for (unsigned seed = 0; seed < seeds; seed++) {
		memset(&model, 0, sizeof(model));
		model.seed = seed;
		model.random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
		model.faults = &kinds[_i];
		model.faulty = true;
		model.v6 = below(&model, 3) == 0;
		model.now = (monotime_t){NS_PER_SECOND};
		memset(model.wish, 0xff, sizeof(model.wish));
		memset(model.emitted, 0xff, sizeof(model.emitted));
		memset(model.rib, 0xff, sizeof(model.rib));
		options.max_in_flight = 1 + below(&model, 20);
		model.service = kinds[_i].ends_permille + kinds[_i].replaced_permille > 0;
		model.away = model.service;
		model.replaced = false;
		model.ledger = ledger_new();
		ck_assert_ptr_nonnull(model.ledger);
		model.exabgp = exabgp_new(&options, 300 * NS_PER_SECOND, model.ledger,
		    model.service ? EXABGP_SERVICE : EXABGP_PARENT, model.now);
		ck_assert_ptr_nonnull(model.exabgp);
		for (int i = 0; i < STEPS; i++)
			step(&model);
		finish(&model);
		lines += model.lines;
		compared += model.compared;
		exabgp_free(model.exabgp);
		ledger_free(model.ledger);
	}
	/* It must have done something. */
	ck_assert_uint_gt(lines, seeds * 50);
	ck_assert_uint_gt(compared, seeds * 100);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exabgp_random");
	TCase *tcase = unit_case(suite, "histories");

	tcase_add_loop_test(tcase, random_histories, 0, COUNT(kinds));
	return unit_run(suite);
}
