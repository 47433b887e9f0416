/*
 * Words on standard error, and the end for want of memory. Touches standard error only.
 */
#include "ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "screen.h"

void
ctl_warn(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) == -1)
		ctl_no_memory();
	va_end(arguments);
	screen_clean(text);
	fprintf(stderr, "exacheck-ctl: %s\n", text);
	free(text);
}

void
ctl_no_memory(void)
{
	fputs("exacheck-ctl: out of memory\n", stderr);
	exit(CTL_FAILED);
}

void *
ctl_whole(void *memory)
{
	if (memory == NULL)
		ctl_no_memory();
	return memory;
}
