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
job_sandbox(const struct check_config *config, const struct identity *identity)
{
	const struct common_args *args = config->args;

	return args->sandbox == SANDBOX_OFF ? SANDBOX_LEVEL_OFF : (enum sandbox_level)identity->sandbox;
}

bool
job_send(int fd, const struct check *check, const struct identity *identity, monotime_t first)
{
	const struct check_config *config = check->config;
	struct message_job *job = NULL;
	uint8_t *args = NULL;
	size_t args_length = 0, length;
	bool sent = false;

	errno = ENOMEM;
	if (!options_encode(config->method->options, config->args, &args, &args_length))
		goto out;
	length = sizeof(*job) + args_length;
	if (length > MESSAGE_MAX) {
		errno = EMSGSIZE;
		goto out;
	}
	if ((job = calloc(1, length)) == NULL)
		goto out;
	job->protocol = MESSAGE_PROTOCOL;
	job->sandbox = (uint32_t)job_sandbox(config, identity);
	job->drop = identity->drop;
	job->uid = identity->uid;
	job->gid = identity->gid;
	job->first_ns = first.ns;
	job->interval_ns = check_interval_ns(check);
	job->args_length = (uint32_t)args_length;
	strlcpy(job->name, config->node.name, sizeof(job->name));
	check_describe(check, job->state, sizeof(job->state));
	if (config->options.disable != NULL)
		strlcpy(job->disable, config->options.disable, sizeof(job->disable));
	memcpy(job->args, args, args_length);
	sent = message_send(fd, MESSAGE_JOB, job, length, -1) == 0;
out:
	free(job);
	free(args);
	return sent;
}
