/*
 * What a process at the other end of a channel says of its work, for whoever listens to one. Nothing in it is believed
 * that is not checked here.
 */
#ifndef EXACHECK_PEER_H
#define EXACHECK_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/message.h"
#include "log_limit.h"
#include "ratelimit.h"

/* What a worker may say beyond its results: log lines, changes of the disable file. More is a flood. */
#define PEER_CHATTER_BURST 128
#define PEER_CHATTER_A_SECOND 32

/*
 * Take a result, of an execution that can have lasted no longer than longest_ns. False: it is none that an honest
 * worker sends.
 */
bool peer_result(const struct message_result *, int64_t longest_ns, struct result *);

/* Log a line about the subject, unless there are too many. False: it is none that an honest worker sends. */
bool peer_log(const struct message_log *, const char *subject, struct ratelimit *chatter, struct log_limit *,
    monotime_t now);

#endif
