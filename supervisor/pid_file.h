/*
 * A file that says which process this is, for those who look for it there.
 */
#ifndef EXACHECK_PID_FILE_H
#define EXACHECK_PID_FILE_H

#include <stdbool.h>

/* Write the number of this process, and a newline, in place of what was there. False with errno. */
bool pid_file_write(const char *path);

/* Remove it if it still says this process. */
void pid_file_remove(const char *path);

#endif
