/*
 * The content of answers: made once, sent to many, freed when the last of them has it.
 */
#ifndef EXACHECK_WEB_BODY_H
#define EXACHECK_WEB_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct body;

/* Of malloc'd bytes, which are the body's from now on, also when there is no memory for it (NULL). NULL data: NULL. */
struct body *body_new(char *data, size_t length);

/* One more reference, or one less; the last frees it. NULL is passed over. */
struct body *body_keep(struct body *);
void body_drop(struct body *);

const char *body_data(const struct body *);
size_t body_length(const struct body *);

/*
 * Whether there is room for another of about this length: clients that do not read keep what they asked for, each perhaps
 * another one.
 */
bool body_room(size_t length);

#endif
