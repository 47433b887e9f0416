/*
 * Where the programs are that exacheck executes. Looks at directories, changes nothing. Invariant: the answer depends on
 * where exacheck lies, on nothing that its caller can set.
 */
#include "libexec.h"

#include <bsd/string.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include "program.h"

const char *
libexec_find(char path[static PATH_MAX])
{
	static const char *const candidates[] = {"", "/libexec", "/../libexec/exacheck"};
	char program[PATH_MAX], worker[PATH_MAX];

	strlcpy(program, program_path(), sizeof(program));
	if (*program == '\0')
		return EXACHECK_LIBEXECDIR;
	dirname(program);
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (snprintf(path, PATH_MAX, "%s%s", program, candidates[i]) >= PATH_MAX || access(path, X_OK) != 0)
			continue;
		/* of its own directory only what lies there tells whether it is the one: a file that every package has */
		if (*candidates[i] != '\0' ||
		    (snprintf(worker, PATH_MAX, "%s/" LIBEXEC_WORKER "file", path) < PATH_MAX && access(worker, F_OK) == 0))
			return path;
	}
	return EXACHECK_LIBEXECDIR;
}
