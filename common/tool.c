/*
 * Looking for programs. Touches nothing. Invariant: no directory comes from the environment.
 */
#include "tool.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

const char *const tool_directories_system[] = {"/usr/bin", "/bin", NULL};
const char *const tool_directories_local[] = {"/usr/bin", "/usr/local/bin", "/bin", NULL};

bool
tool_find(const char *const *directories, const char *name, char path[static TOOL_PATH_SIZE])
{
	for (; *directories != NULL; directories++)
		if (snprintf(path, TOOL_PATH_SIZE, "%s/%s", *directories, name) < TOOL_PATH_SIZE && access(path, X_OK) == 0)
			return true;
	return false;
}
