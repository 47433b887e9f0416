/*
 * The beginning of a helper. Touches this process. Invariant: nobody looks into its memory, in which secrets come with
 * the setup.
 */
#include "birth.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "../../common/message.h"
#include "../../common/monotime.h"
#include "intake.h"
#include "report.h"
#include "wipe.h"

#define SETUP_WAIT_NS (10 * NS_PER_SECOND)

static void
setup_take(struct birth *birth)
{
	size_t length = 0;
	char *line = intake_wait(birth->intake, monotime_add(monotime_now(), SETUP_WAIT_NS), &length);

	birth->setup = line != NULL ? json_loadb(line, length, 0, NULL) : NULL;
	if (!cage_identity_read(&birth->identity, birth->setup))
		report_fatal("exacheck does not say what is to be done");
	explicit_bzero(line, length);
	free(line);
}

/* Before any descriptor is opened that could be taken for it. */
static bool
channel_there(void)
{
	int type;
	socklen_t length = sizeof(type);

	return getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

void
birth_begin(struct birth *birth, const char *name, int nice)
{
	const struct rlimit none = {0, 0};

	signal(SIGPIPE, SIG_IGN);
	setpriority(PRIO_PROCESS, 0, nice);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	tzset();
	wipe_libraries();
	if (!channel_there()) {
		fprintf(stderr, "%s: started by exacheck itself, not by hand\n", name);
		exit(EXIT_FAILURE);
	}
	birth->base = event_base_new();
	birth->intake = intake_new(CHANNEL_FD);
	if (birth->base == NULL || birth->intake == NULL)
		report_fatal("out of memory");
	setup_take(birth);
}
