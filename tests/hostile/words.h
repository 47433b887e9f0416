/*
 * The hostile double's language: what a process that stands for a spawner or a worker is to do, in words, one after
 * the other. A word is NAME or NAME=NUMBER, or a message with fields to be set: NAME:FIELD=VALUE:FIELD=VALUE.
 *
 * Both:    due           sleep until the awaited grid point, of which there is one an interval
 *          sleep=MS      sleep
 *          first=N       the first process of this check: N good results, each at its grid point; others: nothing
 *          go            good results for ever
 *          flap          good and bad results in turn for ever
 *          repeat=N      the last packet N times more
 *          flood         the last packet for ever, as fast as it is taken
 *          random=N      a packet of N random bytes, 0: an empty one
 *          close         close the channel
 *          exit=N kill=N end with a status, by a signal; kill=19 stops
 *          hang          do nothing for ever; also after the last word
 *          stdout        a command for ExaBGP on standard output and standard error
 *          spin          use the processor for ever
 *          child         fork: the child goes on, the parent hangs
 *          orphan        fork: the child goes on in a session of its own, the parent ends
 *          setsid        leave the spawner's session
 * Spawner: fork          make the worker that was asked for, as exacheck's child; it does the words after "|"
 *          fork=own      make it as a child of the spawner's
 *          decoy         make another child of exacheck's, which hangs
 *          report        SPAWNED with the process made last
 *          other         from now on speak on the worker's channel
 *
 * Messages are named after their types, and are what an honest process would send. Fields are those of the message,
 * and "type", "length" (both of the header), "size" (bytes really sent) and "fds" (descriptors of /dev/zero that are
 * sent along). The text of a message may be "full" (no NUL), "control" (every control character) or "inject" (a
 * command for ExaBGP on a line of its own). A pid may be self, parent, sibling (another worker of this spawner),
 * launcher, worker or spawner (one of another method).
 */
#ifndef EXACHECK_TESTS_WORDS_H
#define EXACHECK_TESTS_WORDS_H

#include <stdint.h>
#include <sys/types.h>

#include "../../common/message.h"
#include "../../common/monotime.h"

struct actor {
	int channel;		     /* where messages go */
	int other;		     /* a spawner's: the worker's end; -1: none */
	uint32_t id;		     /* a spawner's: of the request */
	pid_t made;		     /* a spawner's: the process that was made last */
	const char *worker;	     /* a spawner's: the words of the worker */
	const struct message_job *job; /* the check's */
	monotime_t next;	     /* grid point */
	/* the packet that was sent last */
	char packet[8192];
	size_t size;
	int fds;
};

/* Do what the words say. An unknown one ends the process with status 99, and a line in the trace. */
void words_do(struct actor *, const char *words);

/* The double's worker: reads its job on CHANNEL_FD, does the words. */
_Noreturn void worker_act(const char *words);

/* A line "TIME PID WHAT NAME" in the file "trace" of the working directory, TIME in seconds of CLOCK_MONOTONIC. */
void trace(const char *what, const char *name);

#endif
