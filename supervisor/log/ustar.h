/*
 * The archive of one file, as tar(1) reads it: a header, the file, and blocks of zeros.
 */
#ifndef EXACHECK_LOG_USTAR_H
#define EXACHECK_LOG_USTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define USTAR_BLOCK 512
#define USTAR_NAME_MAX 100 /* bytes */
#define USTAR_SIZE_MAX INT64_C(077777777777)

/*
 * The header of a regular file (POSIX.1-2008, pax, ustar Interchange Format). False: the name is too long, or the
 * file too large.
 */
bool ustar_header(char header[static USTAR_BLOCK], const char *name, const struct stat *);

/* How many zeros follow a file of this size, those at the end of the archive among them. */
size_t ustar_padding(off_t size);

#endif
