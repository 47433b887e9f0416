/*
 * Letters: their memory and the names of their kinds. Pure.
 */
#include "letter.h"

#include <stdlib.h>

void
letter_free(struct letter *letter)
{
	if (letter == NULL)
		return;
	free(letter->title);
	free(letter->body);
	json_decref(letter->data);
	json_decref(letter->summary);
	free(letter);
}

const char *
letter_kind_name(enum letter_kind kind)
{
	static const char *const names[LETTER_KINDS] = {
		[LETTER_INFO] = "info",
		[LETTER_SUCCESS] = "success",
		[LETTER_WARNING] = "warning",
		[LETTER_FAILURE] = "failure",
	};

	return names[kind];
}
