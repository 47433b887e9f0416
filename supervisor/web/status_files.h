/*
 * exacheck.status_dir: for each check and group a file with its state, as the Perl program exabgp-healthcheck has
 * them.
 */
#ifndef EXACHECK_WEB_STATUS_FILES_H
#define EXACHECK_WEB_STATUS_FILES_H

#include "output.h"

/*
 * The directory is made if it is missing, for the identity that this process changes to. Files are written when what
 * they say changes, removed with their check, and say TERMINATED at the end.
 */
extern const struct output status_files_output;

#endif
