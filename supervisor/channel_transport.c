/*
 * What all ways to ExaBGP have in common. Touches the transport it is given.
 */
#include "channel_transport.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel_output.h"

bool
transport_init(struct transport *transport, const char *output)
{
	static const struct transport_kind *const kinds[] = {
		[OUTPUT_STDOUT] = &transport_stdio, [OUTPUT_FIFO] = &transport_fifo, [OUTPUT_SOCKET] = &transport_socket};
	enum output_kind kind;
	const char *path;

	(void)output_parse(output, &kind, &path);
	*transport = (struct transport){.kind = kinds[kind], .input = -1, .output = -1, .notify = -1, .input_flags = -1,
	    .output_flags = -1};
	return path == NULL || (transport->path = strdup(path)) != NULL;
}

void
transport_free(struct transport *transport)
{
	if (transport->kind != NULL)
		transport->kind->close(transport, true);
	free(transport->path);
	transport->path = NULL;
}

enum transport_outcome
transport_wrong(struct transport *transport, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(transport->problem, sizeof(transport->problem), format, arguments);
	va_end(arguments);
	return TRANSPORT_WRONG;
}

enum transport_outcome
transport_absent(struct transport *transport, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(transport->problem, sizeof(transport->problem), format, arguments);
	va_end(arguments);
	return TRANSPORT_ABSENT;
}

void
transport_close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}
