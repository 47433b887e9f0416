/*
 * The URL of a notification, and a Sentry DSN: what can be said of them without the network. Secrets: no error quotes
 * them.
 */
#ifndef EXACHECK_NOTIFY_URL_H
#define EXACHECK_NOTIFY_URL_H

#include <stdbool.h>

#define NOTIFY_URL_ERROR_SIZE 200

enum notify_url_kind { NOTIFY_URL_JSON, NOTIFY_URL_MAIL, NOTIFY_URL_APPRISE };

/*
 * Whether it is one, and how it is delivered: by exacheck itself, or, every other scheme, by the `apprise` command.
 * False with a reason, phrased to follow "url: ".
 */
bool notify_url_check(const char *url, enum notify_url_kind *, char error[static NOTIFY_URL_ERROR_SIZE]);
bool notify_dsn_check(const char *dsn, char error[static NOTIFY_URL_ERROR_SIZE]);

#endif
