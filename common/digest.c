/*
 * Digests. Pure.
 */
#include "digest.h"

#define PRIME UINT64_C(0x100000001b3)

uint64_t
digest_add(uint64_t digest, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		digest = (digest ^ bytes[i]) * PRIME;
	return digest;
}
