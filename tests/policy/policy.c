/*
 * The property test of the policy: random configurations under random events in virtual time, against a model that was
 * written from the documentation. Usage: policy SEED EVENTS; a life has a seed of its own, and `policy -l SEED` lives
 * one again and tells its story. A failure is made as short as possible before it is told.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/log.h"
#include "life.h"

#define LIFE_SECONDS_MAX 120

static void
log_drop(enum log_level level, const char *subject, const char *text)
{
	(void)level;
	(void)subject;
	(void)text;
}

/* Leave out what the failure does not need. */
static void
life_shrink(struct life *life)
{
	static struct life shorter;
	char failure[LIFE_FAILURE];
	size_t failed;

	for (size_t chunk = life->count; chunk > 0; chunk /= 2)
		for (size_t start = 0; start < life->count; start += chunk) {
			struct life_counts counts = {0};

			shorter = *life;
			for (size_t i = start; i < start + chunk && i < life->count; i++)
				shorter.steps[i].left_out = true;
			if (!life_run(&shorter, NULL, &counts, &failed, failure)) {
				*life = shorter;
				life->count = failed + 1;
			}
		}
}

static void
life_tell(struct life *life, size_t failed)
{
	struct life_counts counts = {0};
	char failure[LIFE_FAILURE] = "";

	life->count = failed + 1;
	life_shrink(life);
	life_run(life, stdout, &counts, &failed, failure);
	printf("policy: %s\npolicy: the life of seed %llu, made shorter; all of it: policy -l %llu\n", failure,
	    (unsigned long long)life->seed, (unsigned long long)life->seed);
}

static int
lives(uint64_t seed, unsigned long events)
{
	static struct life life;
	struct life_counts counts = {0};
	char failure[LIFE_FAILURE];
	size_t failed;
	unsigned long count = 0;

	while (counts.events < events) {
		alarm(LIFE_SECONDS_MAX); /* one that never ends is a failure too */
		life_draw(&life, seed * 1000003 + count++);
		if (!life_run(&life, NULL, &counts, &failed, failure)) {
			life_tell(&life, failed);
			return EXIT_FAILURE;
		}
	}
	printf("policy: seed %llu: %lu events in %lu lives: %lu commands, %lu reloads, %lu upgrades; nodes after a step: "
	    "%lu held, %lu guarded, %lu draining, %lu overridden; all as the model says\n", (unsigned long long)seed, counts.events, count,
	    counts.commands, counts.reloads, counts.upgrades, counts.held, counts.guarded, counts.drained, counts.overridden);
	return EXIT_SUCCESS;
}

static int
story(uint64_t seed)
{
	static struct life life;
	struct life_counts counts = {0};
	char failure[LIFE_FAILURE] = "as the model says";
	size_t failed;
	bool right;

	life_draw(&life, seed);
	right = life_run(&life, stdout, &counts, &failed, failure);
	printf("policy: %s\n", failure);
	return right ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	log_set_sink(log_drop);
	if (argc == 3 && strcmp(argv[1], "-l") == 0)
		return story(strtoull(argv[2], NULL, 10));
	if (argc == 3)
		return lives(strtoull(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
	fputs("usage: policy SEED EVENTS\n       policy -l SEED\n", stderr);
	return EXIT_FAILURE;
}
