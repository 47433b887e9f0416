/*
 * What is read of a journal's file, and for it.
 */
#ifndef EXACHECK_JOURNAL_FILE_H
#define EXACHECK_JOURNAL_FILE_H

#include <stddef.h>

#include "journal_record.h"

#define JOURNAL_SIZE_MAX (64 * 1024 * 1024) /* of one that is read, so none grows larger */

/* Whose journal one that is written now is. */
void journal_identity_learn(struct journal_identity *);

/* The whole file with a NUL behind it, malloc'd. NULL with errno; ENOENT: there is none. */
char *journal_file_read(const char *path, size_t *length);

#endif
