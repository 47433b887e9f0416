/*
 * Letters that are sent to see whether they arrive: at once, beside whatever else is on its way, and never again.
 */
#ifndef EXACHECK_NOTIFY_TESTS_H
#define EXACHECK_NOTIFY_TESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "letter.h"

struct event_base;
struct target;
struct tests;

/* NULL: out of memory. */
struct tests *tests_new(struct event_base *);
void tests_free(struct tests *);

/*
 * Send the letter, which is its own from now on, to a target, which outlives it, and say with the id and index what came
 * of it.
 */
void tests_add(struct tests *, int64_t id, size_t index, const struct target *, struct letter *, int64_t timeout_ns);

/* Say it: error NULL: it arrived. */
void tests_answer(int64_t id, size_t index, const char *error);

bool tests_running(const struct tests *);

#endif
