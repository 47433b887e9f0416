/*
 * The interpreter, from the program's own headers. Pure.
 */
#include "interpreter.h"

#include <link.h>
#include <stddef.h>

static int
header_look(struct dl_phdr_info *info, size_t size, void *context)
{
	const char **path = context;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*path = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return 1; /* the first object is the program */
}

const char *
interpreter_path(void)
{
	const char *path = NULL;

	dl_iterate_phdr(header_look, &path);
	return path;
}
