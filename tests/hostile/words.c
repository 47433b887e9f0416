/*
 * Doing what the words say. Invariant: an unknown word is not passed over.
 */
#include "words.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "../../common/clone_sibling.h"
#include "packet.h"

void
trace(const char *what, const char *name)
{
	char line[512];
	int fd = open("trace", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int length = snprintf(line, sizeof(line), "%.6f %d %s %s\n", (double)monotime_now().ns / NS_PER_SECOND,
	    (int)getpid(), what, name);

	if (fd == -1 || write(fd, line, (size_t)length) != length)
		_exit(98);
	close(fd);
}

static _Noreturn void
hang(void)
{
	for (;;)
		pause();
}

static void
sleep_until(monotime_t when)
{
	while (monotime_before(monotime_now(), when)) {
		struct timespec left = monotime_timespec(monotime_left(when, monotime_now()));

		nanosleep(&left, NULL);
	}
}

static void
say(struct actor *actor, const char *word)
{
	if (!packet_make(actor, word)) {
		trace("unknown", word);
		_exit(99);
	}
	packet_send(actor);
}

static void
do_due(struct actor *actor, long value)
{
	(void)value;
	sleep_until(actor->next);
	actor->next = monotime_next(actor->next, actor->job->interval_ns, monotime_now());
}

static void
do_sleep(struct actor *actor, long value)
{
	(void)actor;
	sleep_until(monotime_add(monotime_now(), value * NS_PER_MILLISECOND));
}

static void
do_first(struct actor *actor, long value)
{
	char name[600];
	int fd;

	/* the name of a check of a test holds no slash */
	snprintf(name, sizeof(name), "first %s", actor->job->name);
	if ((fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) == -1)
		return;
	close(fd);
	for (long i = 0; i < value; i++) {
		do_due(actor, 0);
		say(actor, "result");
	}
	trace("turned", actor->job->name);
}

static void
do_go(struct actor *actor, long value)
{
	(void)value;
	for (;;) {
		do_due(actor, 0);
		say(actor, "result");
	}
}

static void
do_flap(struct actor *actor, long value)
{
	(void)value;
	for (bool good = true;; good = !good) {
		do_due(actor, 0);
		say(actor, good ? "result" : "result:code=1:reason=1");
	}
}

static void
do_repeat(struct actor *actor, long value)
{
	while (value-- > 0 && packet_send(actor))
		;
}

static void
do_flood(struct actor *actor, long value)
{
	(void)value;
	while (packet_send(actor))
		;
	hang();
}

static void
do_random(struct actor *actor, long value)
{
	actor->size = (size_t)value;
	actor->fds = 0;
	if (value > 0 && getrandom(actor->packet, actor->size, 0) != value)
		_exit(98);
	packet_send(actor);
}

static void
do_close(struct actor *actor, long value)
{
	(void)value;
	close(actor->channel);
}

static void
do_exit(struct actor *actor, long value)
{
	(void)actor;
	_exit((int)value);
}

static void
do_kill(struct actor *actor, long value)
{
	(void)actor;
	kill(getpid(), (int)value);
}

static void
do_hang(struct actor *actor, long value)
{
	(void)actor;
	(void)value;
	hang();
}

static void
do_stdout(struct actor *actor, long value)
{
	(void)actor;
	(void)value;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		dprintf(fd, "announce route 10.9.9.0/24 next-hop self\n");
}

static void
do_spin(struct actor *actor, long value)
{
	(void)actor;
	(void)value;
	for (volatile unsigned turns = 0;; turns++)
		;
}

static void
do_child(struct actor *actor, long value)
{
	pid_t pid = fork();

	(void)value;
	if (pid != 0)
		hang();
	trace("child", actor->job->name);
}

static void
do_orphan(struct actor *actor, long value)
{
	pid_t pid = fork();

	(void)value;
	if (pid != 0)
		_exit(0);
	setsid();
	trace("orphan", actor->job->name);
}

static void
do_setsid(struct actor *actor, long value)
{
	(void)actor;
	(void)value;
	setsid();
}

static void
become_worker(struct actor *actor)
{
	if (dup2(actor->other, CHANNEL_FD) == -1)
		_exit(98);
	if (actor->other != CHANNEL_FD)
		close(actor->other);
	worker_act(actor->worker);
}

static void
do_fork(struct actor *actor, long value)
{
	(void)value;
	if ((actor->made = clone_sibling()) == 0)
		become_worker(actor);
}

static void
do_fork_own(struct actor *actor, long value)
{
	(void)value;
	if ((actor->made = fork()) == 0)
		become_worker(actor);
}

static void
do_decoy(struct actor *actor, long value)
{
	(void)value;
	if ((actor->made = clone_sibling()) == 0) {
		trace("decoy", actor->job->name);
		close(actor->other);
		close(CHANNEL_FD);
		hang();
	}
}

static void
do_report(struct actor *actor, long value)
{
	(void)value;
	say(actor, "spawned");
}

static void
do_other(struct actor *actor, long value)
{
	(void)value;
	actor->channel = actor->other;
}

static const struct word {
	const char *name;
	void (*act)(struct actor *, long value);
} table[] = {
	{"due", do_due},
	{"sleep", do_sleep},
	{"first", do_first},
	{"go", do_go},
	{"flap", do_flap},
	{"repeat", do_repeat},
	{"flood", do_flood},
	{"random", do_random},
	{"close", do_close},
	{"exit", do_exit},
	{"kill", do_kill},
	{"hang", do_hang},
	{"stdout", do_stdout},
	{"spin", do_spin},
	{"child", do_child},
	{"orphan", do_orphan},
	{"setsid", do_setsid},
	{"fork", do_fork},
	{"fork-own", do_fork_own},
	{"decoy", do_decoy},
	{"report", do_report},
	{"other", do_other},
};

static void
word_do(struct actor *actor, const char *word)
{
	size_t length = strcspn(word, "=:");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].name) != length || strncmp(table[i].name, word, length) != 0)
			continue;
		table[i].act(actor, word[length] == '=' ? strtol(word + length + 1, NULL, 10) : 0);
		return;
	}
	say(actor, word);
}

void
words_do(struct actor *actor, const char *words)
{
	char copy[MESSAGE_NAME_SIZE], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0')
			word_do(actor, word);
}

void
worker_act(const char *words)
{
	struct actor actor = {.channel = CHANNEL_FD, .other = -1};
	struct message_job *job = message_receive_job(CHANNEL_FD);

	if (job == NULL)
		_exit(0);
	actor.job = job;
	actor.next = (monotime_t){job->first_ns};
	trace("worker", job->name);
	words_do(&actor, words);
	hang();
}
