/*
 * Text that people read on a terminal or in a log, in whatever language they write.
 */
#ifndef EXACHECK_UTF8_H
#define EXACHECK_UTF8_H

#include <stdbool.h>

/* Whether all of it is UTF-8 (RFC 3629), whatever characters they are. */
bool utf8_is_valid(const char *text);

/*
 * Replace, in place, what is no printable text by '?': control characters (C0, DEL, C1) and every byte
 * that is no part of valid UTF-8 (RFC 3629), such as the begin of a character that was cut. What comes from
 * the network is cut down to ASCII instead: text_sanitise in result.h.
 */
void utf8_sanitise(char *text);

#endif
