/*
 * What the files of helpers share: helper.c (its life) and helper_talk.c (what it is told, and says). Nobody else
 * includes it.
 */
#ifndef EXACHECK_HELPER_INTERNAL_H
#define EXACHECK_HELPER_INTERNAL_H

#include "../common/backoff.h"
#include "../common/log.h"
#include "helper.h"
#include "helper_former.h"
#include "helper_pipe.h"
#include "helper_words.h"

#define HELPER_RETRY_NS (1 * NS_PER_SECOND)
/* After it was told to end, before it is killed or left to itself. */
#define HELPER_END_WAIT_NS (1 * NS_PER_SECOND)

enum helper_phase {
	HELPER_OFF,	  /* there is nothing to do */
	HELPER_WAITING,	  /* for the time of the next start */
	HELPER_LAUNCHING,
	HELPER_RUNNING,
	HELPER_FINISHING, /* it is told all there is, then to end */
	HELPER_ENDING,	  /* it was told, or made, to end, and is not reaped */
};

struct helper {
	struct event_base *base;
	const struct helper_kind *kind;
	const struct identity *identity;
	struct launcher *launcher;
	void *context;
	enum helper_phase phase;
	bool stopping; /* there will be no other */
	const char *farewell; /* while finishing: the last line, which is yet to be told */
	char *setup; /* its first line, by the configuration in force; NULL: there is nothing to do */
	bool stale;  /* it is not known, for want of memory */
	uint32_t launch;
	pid_t pid; /* 0: none */
	bool lost; /* nobody wanted its end */
	struct helper_pipe pipe;
	struct event *timer;
	struct backoff backoff;
	monotime_t due; /* the next start, or when it is killed */
	struct helper_words words;
	uint64_t failures;
	struct helper_former former;
};

/* A line of the log about it. */
#define HELPER_SAY(HELPER, LEVEL, FAULT, ERROR, ...) \
	log_write(&(const struct log_source){__FILE__, __LINE__, __func__, (HELPER)->kind->subsystem}, \
	    &(const struct log_about){.level = (LEVEL), .fault = (FAULT)}, (ERROR), __VA_ARGS__)

/* Open the pipe, the setup being the first that is told. Returns the other end, -1 with errno. */
int helper_connect(struct helper *);
void helper_close(struct helper *);

/* Tell what there is to tell now. */
void helper_tell(struct helper *);

/* Tell it all there is, then this line, and let it end. */
void helper_finish(struct helper *, const char *farewell);

/* It sees the end of what it is told, and is not waited for longer than that. What it says last is heard. */
void helper_end(struct helper *);

/* It is not wanted any more as it is. */
void helper_kill(struct helper *);

/* Hear what it has said. */
void helper_hear(struct helper *);

#endif
