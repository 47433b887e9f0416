/*
 * http and https URLs, as far as the configuration looks into them: whether one is acceptable and what
 * host it names. Fetching is libcurl's affair, which parses the URL itself.
 */
#ifndef EXACHECK_URL_H
#define EXACHECK_URL_H

#include <stdbool.h>

#define URL_HOST_SIZE 256

struct url {
	bool tls; /* https */
	char host[URL_HOST_SIZE]; /* name or address, without brackets */
	unsigned port; /* 0: the scheme's */
};

/*
 * Parse SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/...] (RFC 3986). Returns false with the reason in error
 * (OPTION_ERROR_SIZE bytes), which never repeats the URL: it may hold a password.
 */
bool url_parse(const char *text, struct url *, char *error);

#endif
