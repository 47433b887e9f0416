/*
 * The runtime directory: where it is unless the configuration says so, and the paths in it.
 */
#ifndef EXACHECK_RUNTIME_PATH_H
#define EXACHECK_RUNTIME_PATH_H

#define RUNTIME_JOURNAL "journal" /* see journal.h; others look only whether it is there */

/* The default of exacheck.runtime_dir. */
const char *runtime_directory_default(void);

/* DIRECTORY/NAME, malloc'd; NULL: out of memory. */
char *runtime_path(const char *directory, const char *name);

#endif
