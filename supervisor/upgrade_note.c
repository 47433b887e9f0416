/*
 * The line about upgrades. Pure.
 */
#include "upgrade_note.h"

#include <stdio.h>
#include <string.h>

#include "program.h"

void
upgrade_note_format(char text[static UPGRADE_NOTE_SIZE], unsigned upgrades, unsigned refusals, const char *why)
{
	snprintf(text, UPGRADE_NOTE_SIZE, "exacheck %s\nupgrades %u refused %u\n%.700s\n", program_version, upgrades, refusals,
	    why);
}

/* The rest of a line that begins so; NULL: it does not. *text moves on to the next line. */
static const char *
line_take(char **text, const char *begin)
{
	char *line = *text, *end = strchr(line, '\n');

	if (end == NULL || strncmp(line, begin, strlen(begin)) != 0)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line + strlen(begin);
}

bool
upgrade_note_parse(char *text, struct upgrade_note *note)
{
	const char *counts;
	int length = 0;

	if ((note->version = line_take(&text, "exacheck ")) == NULL || (counts = line_take(&text, "upgrades ")) == NULL ||
	    sscanf(counts, "%u refused %u%n", &note->upgrades, &note->refusals, &length) != 2 || counts[length] != '\0')
		return false;
	return (note->why = line_take(&text, "")) != NULL;
}
