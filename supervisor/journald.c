/*
 * The native protocol of systemd-journald: one datagram a line, a field in each line of it. Touches the environment and a
 * socket at a time. Invariant: never waits, and a line that the journal has not taken goes to standard error.
 *
 * The socket is made for each line: the journal may be started anew, and this process may close all that it has open.
 */
#include "journald.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../common/log.h"
#include "subsystem.h"

#define STREAM_VARIABLE "JOURNAL_STREAM"
#define ENTRY_SIZE 4096
/* Of the stream that a service manager connects; where a unit has LogNamespace= its name is between the two. */
#define STREAM_DIRECTORY "/run/systemd/journal"
#define STREAM_NAME "/stdout"

/* As syslog(3) has them. */
static const char priorities[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = '3',
	[LOG_LEVEL_WARNING] = '4',
	[LOG_LEVEL_SUCCESS] = '5',
	[LOG_LEVEL_INFO] = '6',
	[LOG_LEVEL_DEBUG] = '7',
	[LOG_LEVEL_TRACE] = '7',
};

static const struct sockaddr_un journal = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};

struct entry {
	size_t length; /* ENTRY_SIZE: it did not fit */
	char text[ENTRY_SIZE];
};

static void entry_add(struct entry *, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
entry_add(struct entry *entry, const char *format, ...)
{
	size_t room = ENTRY_SIZE - entry->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(entry->text + entry->length, room, format, arguments);
	va_end(arguments);
	entry->length = length < 0 || (size_t)length >= room ? ENTRY_SIZE : entry->length + (size_t)length;
}

/* value: NULL: there is none; of several lines, which it never has, the first. */
static void
entry_add_field(struct entry *entry, const char *name, const char *value)
{
	if (value != NULL)
		entry_add(entry, "%s=%.*s\n", name, (int)strcspn(value, "\n"), value);
}

static void
entry_make(struct entry *entry, const struct log_record *record)
{
	const struct log_about *about = &record->about;
	const struct log_source *source = record->source;
	const char *subject = about->subject != NULL ? about->subject : "";

	entry->length = 0;
	entry_add(entry, "MESSAGE=%.*s%s%.*s\n", (int)strcspn(subject, "\n"), subject, about->subject != NULL ? ": " : "",
	    (int)strcspn(record->text, "\n"), record->text);
	entry_add(entry, "PRIORITY=%c\nSYSLOG_IDENTIFIER=exacheck\nCODE_LINE=%u\n", priorities[about->level], source->line);
	entry_add_field(entry, "CODE_FILE", source->file);
	entry_add_field(entry, "CODE_FUNC", source->function);
	entry_add_field(entry, "EXACHECK_LEVEL", log_level_name(about->level));
	entry_add_field(entry, "EXACHECK_EVENT", log_event_name(about->event));
	entry_add_field(entry, "EXACHECK_SUBSYSTEM", subsystem_name(source));
	entry_add_field(entry, "EXACHECK_CHECK", about->subject);
	entry_add_field(entry, "EXACHECK_FROM", about->before);
	entry_add_field(entry, "EXACHECK_TO", about->after);
}

static bool
journal_write(const struct log_record *record)
{
	struct entry entry;
	bool sent;
	int fd;

	entry_make(&entry, record);
	if (entry.length == ENTRY_SIZE || (fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return false;
	sent = sendto(fd, entry.text, entry.length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&journal,
	    sizeof(journal)) != -1;
	close(fd);
	return sent;
}

/* Whether DEVICE:INODE are those of standard error: it may be another one than the manager set up. */
static bool
stream_is_stderr(const char *stream)
{
	uintmax_t device, inode;
	struct stat status;
	int end = -1;

	return sscanf(stream, "%ju:%ju%n", &device, &inode, &end) == 2 && stream[end] == '\0' &&
	    fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void
journald_init(void)
{
	const char *stream = getenv(STREAM_VARIABLE);

	if (stream != NULL && stream_is_stderr(stream))
		log_set_writer(journal_write);
	unsetenv(STREAM_VARIABLE);
}

bool
journald_has_output(void)
{
	struct sockaddr_un peer = {.sun_family = AF_UNSPEC};
	socklen_t length = sizeof(peer) - 1; /* what is behind it stays a NUL */
	const char *name;

	return getpeername(STDOUT_FILENO, (struct sockaddr *)&peer, &length) == 0 && peer.sun_family == AF_UNIX &&
	    strncmp(peer.sun_path, STREAM_DIRECTORY, strlen(STREAM_DIRECTORY)) == 0 &&
	    (name = strrchr(peer.sun_path, '/')) != NULL && strcmp(name, STREAM_NAME) == 0;
}
