/*
 * Wishes and the texts they share. Touches its own memory only. Invariant: a text lives as long as anyone refers to
 * it.
 */
#include "route_wish.h"

#include <stdlib.h>
#include <string.h>

struct text *
text_new(const char *bytes)
{
	size_t size = strlen(bytes) + 1;
	struct text *text = malloc(sizeof(*text) + size);

	if (text == NULL)
		return NULL;
	text->references = 1;
	memcpy(text->bytes, bytes, size);
	return text;
}

void
text_release(struct text *text)
{
	if (text != NULL && --text->references == 0)
		free(text);
}

void
wish_set(struct wish *wish, enum route_status status, struct text *attributes)
{
	struct text *old = wish->attributes;

	if (attributes != NULL)
		attributes->references++;
	*wish = (struct wish){status, attributes};
	text_release(old);
}

bool
wish_equal(const struct wish *a, const struct wish *b)
{
	if (a->status != b->status)
		return false;
	if (a->attributes == b->attributes)
		return true;
	return a->attributes != NULL && b->attributes != NULL &&
	    strcmp(a->attributes->bytes, b->attributes->bytes) == 0;
}

const char *
wish_attributes(const struct wish *wish)
{
	return wish->attributes != NULL ? wish->attributes->bytes : NULL;
}
