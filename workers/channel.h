/*
 * What spawners and workers say to the supervisor, on CHANNEL_FD. A process whose supervisor is gone has
 * nothing left to do: channel_send ends it.
 */
#ifndef EXACHECK_WORKERS_CHANNEL_H
#define EXACHECK_WORKERS_CHANNEL_H

#include <stddef.h>

#include "../common/message.h"

/* Send log lines over the channel from now on. */
void channel_open(void);

/*
 * Send one message, waiting while the supervisor's buffer is full; ends the process when the supervisor
 * is gone.
 */
void channel_send(enum message_type, void *message, size_t length);

#endif
