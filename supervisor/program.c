/*
 * Arguments and environment as they were. Touches nothing but its own memory and one variable of the environment.
 * Invariant: executing the program needs no memory.
 */
#include "program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_VARIABLE "EXACHECK_STATE"
#define DELETED " (deleted)"

static struct {
	char path[PATH_MAX];
	char **argv, **environment; /* with room for one more variable */
	char state[sizeof(STATE_VARIABLE "=") + 16];
	size_t variables;
} program;

static bool
path_find(void)
{
	ssize_t length = readlink("/proc/self/exe", program.path, sizeof(program.path) - 1);

	if (length < 0)
		return false;
	program.path[length] = '\0';
	/* replaced already: what took its place is meant */
	if ((size_t)length > strlen(DELETED) && strcmp(program.path + length - strlen(DELETED), DELETED) == 0 &&
	    access(program.path, F_OK) == -1)
		program.path[(size_t)length - strlen(DELETED)] = '\0';
	return true;
}

/* A copy of a list, with room for one more. */
static char **
list_copy(char **list, const char *without, size_t *length)
{
	size_t count = 0, kept = 0;
	char **copy;

	while (list[count] != NULL)
		count++;
	if ((copy = calloc(count + 2, sizeof(*copy))) == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (without != NULL && strncmp(list[i], without, strlen(without)) == 0)
			continue;
		if ((copy[kept++] = strdup(list[i])) == NULL)
			return NULL; /* there will be no process to leak in */
	}
	*length = kept;
	return copy;
}

bool
program_remember(char **argv, char **environment)
{
	size_t count;

	if (!path_find())
		program.path[0] = '\0'; /* without /proc: there is no upgrade then */
	program.argv = list_copy(argv, NULL, &count);
	program.environment = list_copy(environment, STATE_VARIABLE "=", &program.variables);
	return program.argv != NULL && program.environment != NULL;
}

const char *
program_path(void)
{
	return program.path;
}

bool
program_goes_on(void)
{
	return getenv(STATE_VARIABLE) != NULL;
}

int
program_state(void)
{
	const char *text = getenv(STATE_VARIABLE);
	char *end;
	long number = -1;

	if (text != NULL) {
		number = strtol(text, &end, 10);
		if (*text == '\0' || *end != '\0' || number <= STDERR_FILENO || number > INT_MAX)
			number = -1;
		unsetenv(STATE_VARIABLE);
	}
	return (int)number;
}

void
program_execute(int state)
{
	int error;

	snprintf(program.state, sizeof(program.state), STATE_VARIABLE "=%d", state);
	program.environment[program.variables] = program.state;
	alarm(PROGRAM_LIMIT_S); /* goes on across execve(2), when there is no watchdog yet */
	execve(program.path, program.argv, program.environment);
	error = errno;
	alarm(0);
	program.environment[program.variables] = NULL;
	errno = error;
}

void
program_started(void)
{
	alarm(0);
}
