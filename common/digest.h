/*
 * Digests that tell things apart which are not chosen to collide: FNV-1a of 64 bits. Pure.
 */
#ifndef EXACHECK_DIGEST_H
#define EXACHECK_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BEGIN UINT64_C(0xcbf29ce484222325)

/* The digest of what it was of so far, and of these bytes after it. */
uint64_t digest_add(uint64_t digest, const void *data, size_t length);

#endif
