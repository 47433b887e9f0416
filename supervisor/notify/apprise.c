/*
 * What the `apprise` command delivers. Executes it. Invariant: its URL is in no argument, no variable of the
 * environment and no file, but in a pipe that it reads as its configuration.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../common/notify_parts.h"
#include "../../common/signals_default.h"
#include "../../common/tool.h"
#include "errand.h"
#include "letter.h"
#include "scrub.h"

#define SAID_MAX 16384 /* bytes of what it says that are kept */
#define CONFIGURATION_FD 3
#define CONFIGURATION "/proc/self/fd/3"
#define TAG "exacheck"
#define TAGGED TAG "=" /* else the parameter ?image=https://... would be a tag, and the image the URL */

/* Our ends of the pipes to it. */
struct talk {
	pid_t pid;
	int body, said;
	const char *left; /* of the body */
	char text[SAID_MAX + 1];
	size_t length;
};

static bool
apprise_find(char path[static TOOL_PATH_SIZE])
{
	return tool_find(tool_directories_local, "apprise", path);
}

static bool
apprise_url_read(const char *url, struct reach *reach, char error[static NOTIFY_URL_ERROR_SIZE])
{
	char path[TOOL_PATH_SIZE];

	(void)reach;
	if (!notify_other_check(url, error))
		return false;
	return apprise_find(path) ||
	    notify_url_refuse(error, "its scheme needs the apprise command: install the package apprise");
}

/* In the child, which is the `apprise` command from here on. */
_Noreturn static void
apprise_execute(const struct letter *letter, const int ends[3])
{
	static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "LANG=C.UTF-8",
	    "PYTHONDONTWRITEBYTECODE=1", NULL};
	const char *kind = letter_kind_name(letter->kind);
	char path[TOOL_PATH_SIZE], *title;

	signals_default();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!apprise_find(path) || asprintf(&title, "--title=%s", letter->title) == -1)
		_exit(EXIT_FAILURE);
	if (dup2(ends[0], STDIN_FILENO) == -1 || dup2(ends[1], STDOUT_FILENO) == -1 || dup2(ends[1], STDERR_FILENO) == -1 ||
	    dup2(ends[2], CONFIGURATION_FD) == -1 || fcntl(CONFIGURATION_FD, F_SETFD, 0) == -1)
		_exit(EXIT_FAILURE);
	execle(path, "apprise", "-v", "-n", kind, title, "--input-format=text", "-g", TAG, "-c", CONFIGURATION, NULL,
	    environment);
	_exit(EXIT_FAILURE);
}

/* A pipe that holds the URL, to be read. -1 with errno. */
static int
configuration_open(const char *url)
{
	int ends[2], error;
	size_t length = strlen(url);
	bool written;

	/* it has room for 64 KiB, more than any URL has */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	written = write(ends[1], TAGGED, strlen(TAGGED)) == (ssize_t)strlen(TAGGED) &&
	    write(ends[1], url, length) == (ssize_t)length && write(ends[1], "\n", 1) == 1;
	error = errno;
	close(ends[1]);
	if (written) {
		fcntl(ends[0], F_SETFL, 0);
		return ends[0];
	}
	close(ends[0]);
	errno = error;
	return -1;
}

/* Begin. False with errno. */
static bool
talk_begin(struct talk *talk, const struct errand *errand)
{
	int body[2] = {-1, -1}, said[2] = {-1, -1}, configuration = configuration_open(errand->url), error;

	talk->pid = -1;
	if (configuration != -1 && pipe2(body, O_CLOEXEC) == 0 && pipe2(said, O_CLOEXEC) == 0)
		talk->pid = fork();
	if (talk->pid == 0)
		apprise_execute(errand->letter, (const int[]){body[0], said[1], configuration});
	error = errno;
	if (configuration != -1)
		close(configuration);
	close(body[0]);
	close(said[1]);
	talk->body = body[1];
	talk->said = said[0];
	talk->left = errand->letter->body;
	errno = error;
	return talk->pid != -1 && fcntl(talk->body, F_SETFL, O_NONBLOCK) == 0;
}

static void
talk_say(struct talk *talk)
{
	ssize_t length = write(talk->body, talk->left, strlen(talk->left));

	if (length > 0)
		talk->left += length;
	if (talk->left[0] == '\0' || (length == -1 && errno != EAGAIN && errno != EINTR)) {
		close(talk->body);
		talk->body = -1;
	}
}

/* Keep the begin of what it says. Returns false when it says no more. */
static bool
talk_hear(struct talk *talk)
{
	char dropped[1024];
	bool room = talk->length < SAID_MAX;
	ssize_t length = room ? read(talk->said, talk->text + talk->length, SAID_MAX - talk->length) :
	    read(talk->said, dropped, sizeof(dropped));

	if (length > 0 && room)
		talk->length += (size_t)length;
	return length > 0 || (length == -1 && errno == EINTR);
}

/* Until it says no more; how long that may be is up to whoever waits for this process. */
static int
talk_run(struct talk *talk)
{
	bool on = true;
	int status;

	while (on) {
		struct pollfd ends[] = {{.fd = talk->said, .events = POLLIN}, {.fd = talk->body, .events = POLLOUT}};

		if (poll(ends, 2, -1) == -1 && errno != EINTR)
			break;
		if (ends[1].revents != 0)
			talk_say(talk);
		if (ends[0].revents != 0)
			on = talk_hear(talk);
	}
	talk->text[talk->length] = '\0';
	while (waitpid(talk->pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return status;
}

/*
 * The first line that is a warning or an error, without date and level: those after it are what follows from it, and
 * how it is used. Without any, the last line, which is what a program in Python dies of.
 */
static const char *
reason_find(char *text)
{
	static const char *const marks[] = {" - WARNING - ", " - ERROR - ", " - CRITICAL - "};
	const char *last = "it does not say why";
	char *line, *rest = text;

	while ((line = strsep(&rest, "\r\n")) != NULL) {
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			const char *mark = strstr(line, marks[i]);

			if (mark != NULL)
				return mark + strlen(marks[i]);
		}
		if (line[strspn(line, " ")] != '\0')
			last = line;
	}
	return last;
}

static void
apprise_deliver(const struct errand *errand, struct outcome *outcome)
{
	struct talk talk = {0};
	int status;

	if (!talk_begin(&talk, errand)) {
		outcome_set(outcome, COURIER_LATER, "cannot run the apprise command: %s", strerror(errno));
		return;
	}
	status = talk_run(&talk);
	if (status == 0) {
		outcome_set(outcome, COURIER_DELIVERED, "by the apprise command");
		return;
	}
	scrub_url(talk.text, errand->url);
	outcome_set(outcome, COURIER_LATER, "the apprise command failed: %s", reason_find(talk.text));
}

const struct kind kind_apprise = {.name = "apprise", .execute = true, .read = apprise_url_read,
    .deliver = apprise_deliver};
