/*
 * The name of this machine. Touches nothing. Invariant: what comes out is text that JSON can hold, whatever bytes the name is.
 */
#include "host_name.h"

#include <string.h>
#include <unistd.h>

#include "../common/utf8.h"

const char *
host_name(char text[static HOST_NAME_MAX + 1])
{
	text[HOST_NAME_MAX] = '\0';
	if (gethostname(text, HOST_NAME_MAX) == -1 || *text == '\0')
		strcpy(text, "?");
	utf8_sanitise(text);
	return text;
}
