/*
 * Attempts to leave the sandbox, for the worker double of escape.c: each is one thing that a worker taken over by
 * an attacker would try.
 */
#ifndef EXACHECK_TESTS_SANDBOX_ESCAPE_H
#define EXACHECK_TESTS_SANDBOX_ESCAPE_H

#include <sys/types.h>

#define WORDS_MAX 4

/* An attempt and what it is aimed at, from the check's name: "connect 4711", "kill 9 victim". */
struct aim {
	char text[256];
	const char *words[WORDS_MAX + 1]; /* the attempt's name first; "" where there are fewer */
	pid_t pid;			  /* of the process that the last word names, if it names one */
};

/*
 * Attempt it. Returns 0 when it was possible, else the errno that it met, or -1 for an attempt that is unknown. What
 * ends the process does not return.
 */
int attempt(const struct aim *);

/* For the tables of attempts, which end with a NULL name. */
struct attempt {
	const char *name;
	int (*try)(const struct aim *); /* 0 or an errno */
};

extern const struct attempt attempts_network[];

/* What the attempts share: the errno of a call that answers -1; of one that opens a descriptor; a word as a number. */
int attempt_errno(long status);
int attempt_descriptor(int fd);
int attempt_number(const struct aim *, int word);

#endif
