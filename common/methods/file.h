/* Arguments of the file method. */
#ifndef EXACHECK_METHOD_FILE_H
#define EXACHECK_METHOD_FILE_H

#include "method.h"

struct file_args {
	struct common_args common;
	char *path;
	bool exists;
	int64_t max_age_ns; /* OPTION_UNSET: any */
	char *contains;	    /* pattern or NULL */
};

extern const struct check_method method_file;

#endif
