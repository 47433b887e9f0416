/*
 * One life of the set of checks and groups beside its model: a configuration, and what happens to it.
 */
#ifndef EXACHECK_TESTS_LIFE_H
#define EXACHECK_TESTS_LIFE_H

#include "spec.h"

#define LIFE_STEPS 400

enum step_time { STEP_NOW, STEP_LATER, STEP_DUE, STEP_PAST, STEP_TIMES };
enum step_event {
	STEP_TURN,
	STEP_PASS,
	STEP_FAIL,
	STEP_ERROR,
	STEP_DISABLE,
	STEP_ENABLE,
	STEP_OVERRIDE, /* of a check or a group */
	STEP_RELEASE,
	STEP_RELOAD,
	STEP_UPGRADE,
	STEP_EVENTS
};

/* What happens, and when: at the next deadline, a little earlier or later. Means something after any other steps. */
struct step {
	enum step_time time;
	enum step_event event;
	unsigned check; /* or node, of those that there are then, modulo their number */
	int64_t later_ns;
	uint64_t seed; /* of the reload's changes */
	bool left_out;
};

struct life {
	uint64_t seed;
	struct step steps[LIFE_STEPS];
	size_t count;
};

#define LIFE_FAILURE 1024

/* What happened in many lives, so that it can be seen that much did. */
struct life_counts {
	unsigned long events, commands, compared, reloads, upgrades, held, guarded, drained, overridden;
};

void life_draw(struct life *, uint64_t seed);

/*
 * Live it. file: where to tell the story, or NULL. False: failure says in what it and the model differ, and at which
 * step.
 */
bool life_run(const struct life *, FILE *, struct life_counts *, size_t *failed, char failure[static LIFE_FAILURE]);

#endif
