/*
 * The three ways to ExaBGP as the configuration names them. Invariant: a path that passes fits where it is used.
 */
#include "channel_output.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

/* "/exabgp.out" is added to a directory. */
#define DIRECTORY_MAX (PATH_MAX - 32)
#define SOCKET_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static const struct {
	const char *word;
	enum output_kind kind;
	size_t path_max; /* 0: takes no path */
	const char *problem, *too_long;
} outputs[] = {
	{"stdout", OUTPUT_STDOUT, 0, "must be stdout alone", NULL},
	{"fifo", OUTPUT_FIFO, DIRECTORY_MAX, "must be \"fifo DIRECTORY\" with the absolute path of the directory that "
	    "holds exabgp.in and exabgp.out, such as \"fifo /run/exabgp\"", "the path of the directory is too long"},
	{"socket", OUTPUT_SOCKET, SOCKET_MAX, "must be \"socket PATH\" with the absolute path of ExaBGP's socket, such as "
	    "\"socket /run/exabgp/exabgp.sock\"", "the path of a socket has at most 107 bytes"},
};

const char *
output_parse(const char *text, enum output_kind *kind, const char **path)
{
	size_t length;

	*path = NULL;
	*kind = OUTPUT_STDOUT;
	if (text == NULL)
		return NULL;
	length = strcspn(text, " ");
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		if (strlen(outputs[i].word) != length || strncmp(outputs[i].word, text, length) != 0)
			continue;
		text += length + strspn(text + length, " ");
		if ((outputs[i].path_max == 0) != (*text == '\0') || (*text != '\0' && *text != '/'))
			return outputs[i].problem;
		if (*text != '\0' && strlen(text) > outputs[i].path_max)
			return outputs[i].too_long;
		*kind = outputs[i].kind;
		*path = *text != '\0' ? text : NULL;
		return NULL;
	}
	return "must be stdout, \"fifo DIRECTORY\" or \"socket PATH\"";
}
