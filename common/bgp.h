/*
 * BGP attribute values of the configuration in canonical text: communities (RFC 1997, RFC 4360, RFC 5668,
 * RFC 8092) and AS paths. Canonical forms hold digits, ':' , 'x' and hex digits only, so that no word of
 * a configuration can ever reach ExaBGP.
 */
#ifndef EXACHECK_BGP_H
#define EXACHECK_BGP_H

#include <stdbool.h>
#include <stddef.h>

enum community_kind { COMMUNITY_STANDARD, COMMUNITY_LARGE, COMMUNITY_EXTENDED, COMMUNITY_KINDS };

/*
 * Canonical text of a community, malloc'd: standard `A:B`, large `A:B:C`, extended `0x` + 16 hex digits;
 * well-known names as numbers (no-export 65535:65281 …). NULL with the reason in error (size
 * OPTION_ERROR_SIZE) when text is none.
 */
char *community_parse(const char *text, char *error);

/* The kind of a canonical community. */
enum community_kind community_kind(const char *canonical);

/* Canonical AS path: asplain ASNs separated by one blank, malloc'd; accepts asdot, brackets, commas. */
char *as_path_parse(const char *text, char *error);

#endif
