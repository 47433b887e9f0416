/*
 * The content of a file, compressed into another one, by zlib or by a program of the system's.
 */
#ifndef EXACHECK_LOG_CONTENT_H
#define EXACHECK_LOG_CONTENT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "../../common/tool.h"

#define CONTENT_ARGUMENTS_MAX 6
#define CONTENT_PATH "\1" /* an argument: the path of the file, which then does not come on standard input */

#define CONTENT_NOWHERE "/dev/null" /* where the program complains */

struct content_form {
	bool archive; /* in a tar archive */
	bool gzip;
	const char *arguments[CONTENT_ARGUMENTS_MAX]; /* of the program, whose name comes first; none: there is no program */
};

struct content {
	const struct content_form *form;
	const char *path, *name; /* of the file */
	int from, to;
	struct stat status; /* of the file */
};

/* Errors beside those that are an errno. */
enum { CONTENT_TOOL_FAILED = 200, CONTENT_TOOL_LACKING };

/* Copy all of it. Returns 0, an errno, or one of these. */
int content_compress(const struct content *);

/* Where the program is. False: nowhere. */
bool content_tool(const struct content_form *, char path[static TOOL_PATH_SIZE]);

#endif
