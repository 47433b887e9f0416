/*
 * The `apprise` command.
 */
#ifndef EXACHECK_NOTIFY_APPRISE_H
#define EXACHECK_NOTIFY_APPRISE_H

/* Where it is; NULL: it is not installed. */
const char *apprise_path(void);

#endif
