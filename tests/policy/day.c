/*
 * A day of many checks in virtual time: their results at their intervals, the state machines, groups, guard and
 * ledger, and the conversation with an ExaBGP that answers a little later. Usage: day SEED [CHECKS [HOURS]]. Prints
 * every line that is said, with its time in seconds; figures go to standard error. Invariant: nothing of it depends on
 * anything but the seed, and whenever ExaBGP has answered everything, what it has is what the ledger desires.
 */
#include <bsd/sys/queue.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/log.h"
#include "../../supervisor/checks.h"
#include "../../supervisor/exabgp.h"
#include "spec.h"

#define SITES 20	       /* checks of one site may fail together */
#define GROUP_MEMBERS 10
#define DISABLED_SHARE 10 /* one check in so many is disabled now and then */
#define WELL_S (2 * 3600)
#define ANSWER_MIN_NS (1 * NS_PER_MILLISECOND)
#define ANSWER_MAX_MS 40

/* What a check asks: it is well, until it is not. */
struct service {
	int64_t next_ns;    /* execution of its check */
	int64_t changes_ns; /* when it fails or recovers */
	bool well, disabled;
};

struct answer {
	STAILQ_ENTRY(answer) next;
	int64_t at_ns;
	char text[32];
};

struct day {
	struct dice dice;
	size_t count, routes;
	int64_t now_ns, end_ns, answered_ns;
	struct ledger *ledger;
	struct checks *checks;
	struct exabgp *exabgp;
	struct config *config;
	struct service *services;
	size_t *heap; /* checks, the one to be executed first at the top */
	int64_t site_until_ns[SITES]; /* down until then */
	int64_t next_site_ns, next_disable_ns;
	STAILQ_HEAD(, answer) answers;
	char (*rib)[96]; /* attributes by route; empty: none */
	unsigned long results, commands, announces, compared, changes;
};

static void
fail(const struct day *day, const char *what)
{
	fprintf(stderr, "day: at %.9f s: %s\n", (double)day->now_ns / NS_PER_SECOND, what);
	exit(EXIT_FAILURE);
}

/* 1 to about 8 times the mean, in nanoseconds. */
static int64_t
draw_time(struct day *day, int64_t mean_seconds)
{
	int64_t parts = 1 + dice_below(&day->dice, 1000);

	for (int i = 0; i < 3 && dice_below(&day->dice, 4) == 0; i++)
		parts += 1000;
	return mean_seconds * NS_PER_SECOND / 700 * parts;
}

/* The configuration */

/* One number a call: in what order the arguments of one are worked out is the compiler's. */
static void
number_write(const char *key, unsigned number, FILE *file)
{
	fprintf(file, ", %s: %u", key, number);
}

static void
check_write(size_t number, struct dice *dice, FILE *file)
{
	fprintf(file, "- {name: c%zu, prefixes: [10.%zu.%zu.1]", number, number / 256, number % 256);
	number_write("metric", dice_below(dice, 100), file);
	number_write("rise", 1 + dice_below(dice, 3), file);
	number_write("fall", 1 + dice_below(dice, 3), file);
	if (dice_percent(dice, 30))
		number_write("fast_interval", 2, file);
	if (dice_percent(dice, 20))
		number_write("metric_down", 1000, file);
	if (dice_percent(dice, 20)) {
		number_write("min_up", 10 + dice_below(dice, 100), file);
		number_write("min_down", 10 + dice_below(dice, 100), file);
	}
	if (dice_percent(dice, 30))
		number_write("drain_time", 10 + dice_below(dice, 50), file);
	fprintf(file, ", disable: /run/c%zu, args: {method: tcp, host: 127.0.0.1, port: 80}}\n", number);
}

static void
group_write(size_t number, struct dice *dice, FILE *file)
{
	static const char *const requires[] = {"all", "any", "{at_least: 5}", "{at_least: 8}"};

	fprintf(file, "- {name: g%zu, prefixes: [10.200.%zu.1], metric: 10", number, number);
	fprintf(file, ", require: %s", requires[dice_below(dice, 4)]);
	number_write("min_down", dice_below(dice, 60), file);
	fputs(", members: [", file);
	for (size_t i = 0; i < GROUP_MEMBERS; i++)
		fprintf(file, "%sc%zu", i > 0 ? ", " : "", number * GROUP_MEMBERS + i);
	fprintf(file, "]%s}\n", dice_percent(dice, 50) ? ", guard: {keep_last: true}" : "");
}

static struct config *
config_make(struct day *day)
{
	struct diagnostics *diagnostics = diagnostics_new("day.yaml");
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct config *config;

	if (file == NULL || diagnostics == NULL)
		fail(day, "out of memory");
	fputs("exacheck: {resync: 3600, guard: {max_withdraw: 20%, window: 300}}\nchecks:\n", file);
	for (size_t i = 0; i < day->count; i++)
		check_write(i, &day->dice, file);
	fputs("groups:\n", file);
	for (size_t i = 0; i < day->count / GROUP_MEMBERS; i++)
		group_write(i, &day->dice, file);
	if (fclose(file) != 0)
		fail(day, "out of memory");
	if ((config = config_parse("day.yaml", text, length, diagnostics)) == NULL) {
		diagnostics_print(diagnostics, stderr);
		fail(day, "the configuration is refused");
	}
	diagnostics_free(diagnostics);
	free(text);
	return config;
}

/* ExaBGP */

static size_t
route_number(const struct day *day, unsigned second, unsigned third)
{
	return second == 200 ? day->count + third : second * 256 + third;
}

static void
answer_later(struct day *day, const char *text)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (answer == NULL)
		fail(day, "out of memory");
	day->answered_ns = day->answered_ns > day->now_ns ? day->answered_ns : day->now_ns;
	day->answered_ns += ANSWER_MIN_NS + (int64_t)dice_below(&day->dice, ANSWER_MAX_MS * 1000) * 10;
	answer->at_ns = day->answered_ns;
	snprintf(answer->text, sizeof(answer->text), "%s", text);
	STAILQ_INSERT_TAIL(&day->answers, answer, next);
}

static void
command_execute(struct day *day, const char *line)
{
	unsigned second, third;
	size_t number;
	int length = 0;

	if (sscanf(line, "announce route 10.%u.%u.1/32 %n", &second, &third, &length) == 2 && length > 0) {
		number = route_number(day, second, third);
		if (number >= day->routes || strlen(line + length) >= sizeof(*day->rib))
			fail(day, line);
		strcpy(day->rib[number], line + length);
		day->announces++;
	} else if (sscanf(line, "withdraw route 10.%u.%u.1/32%n", &second, &third, &length) == 2 && line[length] == '\0') {
		number = route_number(day, second, third);
		if (number >= day->routes)
			fail(day, line);
		*day->rib[number] = '\0';
	} else
		fail(day, line);
	day->commands++;
	answer_later(day, "done\n");
}

static void
line_execute(struct day *day, const char *line)
{
	printf("%lld.%09lld %s\n", day->now_ns / NS_PER_SECOND, day->now_ns % NS_PER_SECOND, line);
	if (*line == '\0')
		answer_later(day, "error\n");
	else if (strcmp(line, "system version") == 0) {
		answer_later(day, "exabgp 4.2.21\n");
		answer_later(day, "done\n");
	} else
		command_execute(day, line);
}

static void
say_all(struct day *day)
{
	char lines[EXABGP_LINE_MAX + 1], *line, *rest;
	size_t length;

	while ((length = exabgp_output(day->exabgp, lines, EXABGP_LINE_MAX, (monotime_t){day->now_ns})) > 0) {
		lines[length - 1] = '\0';
		for (rest = lines; (line = strsep(&rest, "\n")) != NULL;)
			line_execute(day, line);
	}
}

static void
answers_hear(struct day *day)
{
	struct answer *answer;

	while ((answer = STAILQ_FIRST(&day->answers)) != NULL && answer->at_ns <= day->now_ns) {
		exabgp_input(day->exabgp, answer->text, strlen(answer->text), (monotime_t){day->now_ns});
		STAILQ_REMOVE_HEAD(&day->answers, next);
		free(answer);
	}
}

static void
route_compare(void *context, const struct route *route)
{
	struct day *day = context;
	const uint8_t *bytes = route_key(route)->prefix.address.bytes;
	const char *desired = route_desired(route);

	if (strcmp(day->rib[route_number(day, bytes[1], bytes[2])], desired != NULL ? desired : "") != 0)
		fail(day, "what ExaBGP has is not what is desired");
	day->compared++;
}

/* The checks */

static bool
heap_before(const struct day *day, size_t a, size_t b)
{
	int64_t left = day->services[a].next_ns, right = day->services[b].next_ns;

	return left != right ? left < right : a < b;
}

/* The execution at the top of the heap is now later. */
static void
heap_sink(struct day *day)
{
	size_t place = 0, moved = day->heap[0], child;

	while ((child = 2 * place + 1) < day->count) {
		if (child + 1 < day->count && heap_before(day, day->heap[child + 1], day->heap[child]))
			child++;
		if (!heap_before(day, day->heap[child], moved))
			break;
		day->heap[place] = day->heap[child];
		place = child;
	}
	day->heap[place] = moved;
}

static bool
service_well(struct day *day, size_t number)
{
	struct service *service = &day->services[number];

	while (service->changes_ns <= day->now_ns) {
		service->well = !service->well;
		service->changes_ns += service->well ? draw_time(day, WELL_S) : draw_time(day, 180);
	}
	return service->well && day->now_ns >= day->site_until_ns[number % SITES];
}

static void
execute(struct day *day)
{
	const monotime_t now = {day->now_ns};
	size_t number = day->heap[0];
	struct check *check = checks_at(day->checks, number);
	struct result result;

	if (service_well(day, number))
		result_pass(&result, "connected");
	else
		result_fail(&result, REASON_REFUSED, "connection refused");
	check_result(check, &result, 1000000, now);
	day->results++;
	day->services[number].next_ns += check_interval_ns(check);
	heap_sink(day);
}

/* Somebody disables a check, or enables it again; a whole site fails. */
static void
happen(struct day *day)
{
	if (day->next_disable_ns <= day->now_ns) {
		size_t number = dice_below(&day->dice, (unsigned)day->count / DISABLED_SHARE);
		struct service *service = &day->services[number];

		service->disabled = !service->disabled;
		check_disabled(checks_at(day->checks, number), service->disabled, (monotime_t){day->now_ns});
		day->next_disable_ns += draw_time(day, 120);
	}
	if (day->next_site_ns <= day->now_ns) {
		day->site_until_ns[dice_below(&day->dice, SITES)] = day->now_ns + draw_time(day, 600);
		day->next_site_ns += draw_time(day, 3600);
	}
}

static int64_t
next_time(const struct day *day)
{
	const struct answer *answer = STAILQ_FIRST(&day->answers);
	int64_t next = day->services[day->heap[0]].next_ns;

	if (answer != NULL && answer->at_ns < next)
		next = answer->at_ns;
	if (checks_next(day->checks).ns < next)
		next = checks_next(day->checks).ns;
	if (exabgp_deadline(day->exabgp).ns < next)
		next = exabgp_deadline(day->exabgp).ns;
	if (day->next_disable_ns < next)
		next = day->next_disable_ns;
	if (day->next_site_ns < next)
		next = day->next_site_ns;
	return next > day->now_ns ? next : day->now_ns;
}

static void
live(struct day *day)
{
	int64_t hour_ns = 0;

	while ((day->now_ns = next_time(day)) < day->end_ns) {
		const monotime_t now = {day->now_ns};

		checks_turn(day->checks, now);
		answers_hear(day);
		if (exabgp_deadline(day->exabgp).ns <= day->now_ns)
			exabgp_tick(day->exabgp, now);
		happen(day);
		while (day->services[day->heap[0]].next_ns <= day->now_ns)
			execute(day);
		say_all(day);
		if (day->now_ns >= hour_ns && exabgp_idle(day->exabgp) && ledger_pending(day->ledger) == 0) {
			ledger_each(day->ledger, route_compare, day);
			hour_ns = day->now_ns + 600 * NS_PER_SECOND;
		}
	}
}

static void
hear_change(void *context, const struct node_change *change)
{
	struct day *day = context;

	day->changes += change->before != change->after;
}

static void
begin(struct day *day)
{
	const struct config nothing = {0};
	const struct checks_listener listener = {NULL, hear_change, day};
	struct plan *plan;

	day->now_ns = NS_PER_SECOND;
	day->config = config_make(day);
	day->routes = day->count + day->config->group_count;
	day->services = calloc(day->count, sizeof(*day->services));
	day->heap = calloc(day->count, sizeof(*day->heap));
	day->rib = calloc(day->routes, sizeof(*day->rib));
	STAILQ_INIT(&day->answers);
	day->ledger = ledger_new();
	day->checks = day->ledger != NULL ? checks_new(day->ledger, &listener) : NULL;
	plan = plan_new(&nothing, day->config);
	if (day->checks == NULL || plan == NULL || day->services == NULL || day->heap == NULL || day->rib == NULL ||
	    !checks_prepare(day->checks, plan, day->config) ||
	    (day->exabgp = exabgp_new(&day->config->global.exabgp, day->config->global.resync_ns, day->ledger,
	    EXABGP_PARENT, (monotime_t){day->now_ns})) == NULL)
		fail(day, "out of memory");
	checks_commit(day->checks, (monotime_t){day->now_ns});
	ledger_settle(day->ledger);
	plan_free(plan);
	for (size_t i = 0; i < day->count; i++) { /* in the order of the heap, as it happens */
		day->heap[i] = i;
		day->services[i].next_ns = day->now_ns + (int64_t)i * 15 * NS_PER_SECOND / (int64_t)day->count;
		day->services[i].changes_ns = draw_time(day, WELL_S);
		day->services[i].well = true;
	}
	day->next_disable_ns = draw_time(day, 120);
	day->next_site_ns = draw_time(day, 3600);
}

static void
end(struct day *day)
{
	struct answer *answer;

	while ((answer = STAILQ_FIRST(&day->answers)) != NULL) {
		STAILQ_REMOVE_HEAD(&day->answers, next);
		free(answer);
	}
	exabgp_free(day->exabgp);
	checks_free(day->checks);
	ledger_free(day->ledger);
	config_free(day->config);
	free(day->services);
	free(day->heap);
	free(day->rib);
}

static void
log_drop(enum log_level level, const char *subject, const char *text)
{
	(void)level;
	(void)subject;
	(void)text;
}

int
main(int argc, char **argv)
{
	struct day day = {.count = 1000};
	long hours = argc > 3 ? atol(argv[3]) : 24;

	log_set_sink(log_drop);
	if (argc > 2)
		day.count = strtoul(argv[2], NULL, 10);
	if (argc < 2 || argc > 4 || hours <= 0 || day.count < GROUP_MEMBERS || day.count > 200 * GROUP_MEMBERS) {
		fputs("usage: day SEED [CHECKS [HOURS]]\n", stderr);
		return EXIT_FAILURE;
	}
	day.dice.state = strtoull(argv[1], NULL, 10);
	begin(&day);
	day.end_ns = day.now_ns + hours * 3600 * NS_PER_SECOND;
	live(&day);
	fprintf(stderr, "day: seed %s: %zu checks, %zu groups, %ld hours: %lu results, %lu changes of verdict, %lu commands "
	    "(%lu announce), %lu times a route was compared\n", argv[1], day.count, day.config->group_count, hours,
	    day.results, day.changes, day.commands, day.announces, day.compared);
	if (day.compared == 0)
		fail(&day, "nothing was compared");
	end(&day);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
