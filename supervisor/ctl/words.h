/*
 * What a check or a group says of itself, in the few words of a table's cell. The maps are those of exacheck.
 */
#ifndef EXACHECK_CTL_WORDS_H
#define EXACHECK_CTL_WORDS_H

#include <jansson.h>
#include <stdint.h>

#include "colour.h"

/* Room for any of these; what is longer is cut. */
#define WORDS_SIZE 256

/* "rising (1/3)", "up, held until 14:30:00", "down, guarded", "disabled by root until 14:30:00", "up (has 2, needs 1)". */
const char *words_state(const json_t *node, int64_t now, char text[static WORDS_SIZE]);
enum colour words_colour(const json_t *node);
/* "3m12s"; "-" before anything happened. */
const char *words_since(const json_t *node, int64_t now, char text[static WORDS_SIZE]);
/* "pass 0.42ms", "fail refused 0.42ms". */
const char *words_last(const json_t *node, char text[static WORDS_SIZE]);
/* Of a result: "pass", "fail refused". */
const char *words_result(const json_t *result, char text[static WORDS_SIZE]);
/* "in 4s", "now". */
const char *words_next(const json_t *node, int64_t now, char text[static WORDS_SIZE]);
/* "192.0.2.1/32 192.0.2.2/32"; the caller frees it. */
char *words_prefixes(const json_t *node);
/* "yes", "no", "1 of 2", "by web v6", "as down", "rejected", "rejected, 1 of 2". */
const char *words_announced(const json_t *node, char text[static WORDS_SIZE]);

/* What counts of a group's: "its members", "its members' weight". */
const char *words_members(const json_t *node);

/* Who overrode it and until when: "by root until 14:30:00: maintenance". */
const char *words_override(const json_t *override, int64_t now, char text[static WORDS_SIZE]);

#endif
