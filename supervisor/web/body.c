/*
 * Counted bytes. Invariant: alive is the length of all bodies that there are.
 */
#include "body.h"

#include <stdlib.h>

#define ALIVE_MAX ((size_t)256 * 1024 * 1024)

struct body {
	unsigned references;
	size_t length;
	char *data;
};

static size_t alive;

struct body *
body_new(char *data, size_t length)
{
	struct body *body = data != NULL ? malloc(sizeof(*body)) : NULL;

	if (body == NULL) {
		free(data);
		return NULL;
	}
	*body = (struct body){.references = 1, .length = length, .data = data};
	alive += length;
	return body;
}

struct body *
body_keep(struct body *body)
{
	if (body != NULL)
		body->references++;
	return body;
}

void
body_drop(struct body *body)
{
	if (body == NULL || --body->references > 0)
		return;
	alive -= body->length;
	free(body->data);
	free(body);
}

const char *
body_data(const struct body *body)
{
	return body->data;
}

size_t
body_length(const struct body *body)
{
	return body->length;
}

bool
body_room(size_t length)
{
	return length <= ALIVE_MAX && alive <= ALIVE_MAX - length;
}
