/*
 * Packets of the hostile double: any message with any field set to anything.
 */
#ifndef EXACHECK_TESTS_PACKET_H
#define EXACHECK_TESTS_PACKET_H

#include <stdbool.h>

#include "words.h"

/* Make the packet that the word says, in actor. False: it is no message. */
bool packet_make(struct actor *, const char *word);

/* Send actor's packet, waiting for room. False: the other end is gone. */
bool packet_send(struct actor *);

#endif
