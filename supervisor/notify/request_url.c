/*
 * URLs of requests. Pure. Invariant: the result is ASCII without blanks, whatever the path and the parameters hold.
 */
#include "request_url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters that stand for themselves in a path (RFC 3986, 3.3), and % of what is encoded already. */
#define PATH_PLAIN "-._~!$&'()*+,;=:@/%"
#define VALUE_PLAIN "-._~"

static void
encoded_write(FILE *out, const char *text, const char *plain)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80 && (isalnum(c) || strchr(plain, c) != NULL))
			putc(c, out);
		else
			fprintf(out, "%%%02X", c);
	}
}

char *
request_url(const struct notify_parts *parts, bool tls, const char *path, bool query)
{
	bool in6 = strchr(parts->host, ':') != NULL;
	const char *between = "?";
	char *url = NULL;
	size_t size;
	FILE *out = open_memstream(&url, &size);
	bool written;

	if (out == NULL)
		return NULL;
	fprintf(out, "http%s://%s%s%s", tls ? "s" : "", in6 ? "[" : "", parts->host, in6 ? "]" : "");
	if (parts->port != 0)
		fprintf(out, ":%u", parts->port);
	encoded_write(out, path[0] == '\0' ? "/" : path, PATH_PLAIN);
	for (size_t i = 0; query && i < parts->count; i++) {
		if (parts->parameters[i].sign != '-')
			continue;
		fputs(between, out);
		encoded_write(out, parts->parameters[i].name, VALUE_PLAIN);
		putc('=', out);
		encoded_write(out, parts->parameters[i].value, VALUE_PLAIN);
		between = "&";
	}
	written = !ferror(out);
	if (fclose(out) == 0 && written)
		return url;
	free(url);
	return NULL;
}
