/*
 * JSON as text. Touches memory only. Invariant: jansson writes into what is there already.
 */
#include "json_dump.h"

#include <stdlib.h>
#include <string.h>

#define USUAL_SIZE 8192 /* of what is made at once; above it, its size is found out first */

char *
json_dump(const json_t *value, size_t flags)
{
	char usual[USUAL_SIZE], *text;
	size_t size = value != NULL ? json_dumpb(value, usual, sizeof(usual), flags) : 0;

	if (size == 0 || (text = malloc(size + 1)) == NULL)
		return NULL;
	if (size <= sizeof(usual)) {
		memcpy(text, usual, size);
	} else if (json_dumpb(value, text, size, flags) != size) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}
