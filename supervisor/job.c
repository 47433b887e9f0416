/*
 * Building and sending a job. Touches only the descriptor it is given.
 */
#include "job.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum sandbox_level
job_sandbox(const struct common_args *args, const struct identity *identity)
{
	return args->sandbox == SANDBOX_OFF ? SANDBOX_LEVEL_OFF : (enum sandbox_level)identity->sandbox;
}

bool
job_write(int fd, const struct job *job, const struct identity *identity)
{
	struct message_job *message = NULL;
	uint8_t *args = NULL;
	size_t args_length = 0, length;
	bool sent = false;

	errno = ENOMEM;
	if (!options_encode(job->method->options, job->args, &args, &args_length))
		goto out;
	length = sizeof(*message) + args_length;
	if (length > MESSAGE_MAX) {
		errno = EMSGSIZE;
		goto out;
	}
	if ((message = calloc(1, length)) == NULL)
		goto out;
	message->protocol = MESSAGE_PROTOCOL;
	message->sandbox = (uint32_t)job_sandbox(job->args, identity);
	message->drop = identity->drop;
	message->uid = identity->uid;
	message->gid = identity->gid;
	message->first_ns = job->first.ns;
	message->interval_ns = job->interval_ns;
	message->args_length = (uint32_t)args_length;
	strlcpy(message->name, job->name, sizeof(message->name));
	strlcpy(message->state, job->state, sizeof(message->state));
	if (job->disable != NULL)
		strlcpy(message->disable, job->disable, sizeof(message->disable));
	memcpy(message->args, args, args_length);
	sent = message_send(fd, MESSAGE_JOB, message, length, -1) == 0;
out:
	free(message);
	free(args);
	return sent;
}

bool
job_send(int fd, const struct check *check, const struct identity *identity, monotime_t first)
{
	const struct check_config *config = check->config;
	char state[MESSAGE_STATE_SIZE];
	const struct job job = {.name = config->node.name, .method = config->method, .args = config->args,
	    .first = first, .interval_ns = check_interval_ns(check), .state = check_describe(check, state, sizeof(state)),
	    .disable = config->options.disable};

	return job_write(fd, &job, identity);
}
