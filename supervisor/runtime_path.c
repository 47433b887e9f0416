/*
 * Paths in the runtime directory. Pure but for memory.
 */
#include "runtime_path.h"

#include <stdio.h>

#include "config.h"

const char *
runtime_directory_default(void)
{
	return option_find(global_table, "runtime_dir")->fallback;
}

char *
runtime_path(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) == -1 ? NULL : path;
}
