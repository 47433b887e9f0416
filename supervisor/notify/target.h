/*
 * Where letters go, by URL: json:// and jsons://, mailto:// and mailtos://, a Sentry DSN, and what the `apprise`
 * command takes.
 */
#ifndef EXACHECK_NOTIFY_TARGET_H
#define EXACHECK_NOTIFY_TARGET_H

#include <stdbool.h>

struct target;

/*
 * Of a notification's URL, or of a DSN; everything that is read from files (certificates) is read here, before the
 * process is confined. name: for words about it. NULL with a reason, without any secret, in error.
 */
#define TARGET_ERROR_SIZE 160
struct target *target_new(const char *name, const char *url, char error[static TARGET_ERROR_SIZE]);
struct target *target_new_sentry(const char *dsn, char error[static TARGET_ERROR_SIZE]);
void target_free(struct target *);

const char *target_name(const struct target *);
/* Whether its couriers execute the `apprise` command: the process is then confined less. */
bool target_needs_apprise(const struct target *);

#endif
