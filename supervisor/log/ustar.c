/*
 * The ustar format. Pure. Invariant: numbers are octal digits that fill their field but for its last byte.
 */
#include "ustar.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define END_BLOCKS 2

/* Where the fields are, and how long. */
enum {
	NAME = 0, MODE = 100, UID = 108, GID = 116, SIZE = 124, MTIME = 136, CHECKSUM = 148, TYPE = 156, MAGIC = 257,
	NUMBER_LENGTH = 8, LONG_LENGTH = 12
};

static void
number_write(char *field, size_t length, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*llo", (int)length - 1, (unsigned long long)number);
	/* of a number that is too large, such as a user's, the last digits */
	memcpy(field, text + strlen(text) - (length - 1), length - 1);
}

bool
ustar_header(char header[static USTAR_BLOCK], const char *name, const struct stat *status)
{
	unsigned checksum = 0;

	if (strlen(name) > USTAR_NAME_MAX || status->st_size > USTAR_SIZE_MAX)
		return false;
	memset(header, 0, USTAR_BLOCK);
	memcpy(header + NAME, name, strlen(name));
	number_write(header + MODE, NUMBER_LENGTH, status->st_mode & 07777);
	number_write(header + UID, NUMBER_LENGTH, status->st_uid);
	number_write(header + GID, NUMBER_LENGTH, status->st_gid);
	number_write(header + SIZE, LONG_LENGTH, (uint64_t)status->st_size);
	number_write(header + MTIME, LONG_LENGTH, (uint64_t)status->st_mtim.tv_sec);
	header[TYPE] = '0';
	memcpy(header + MAGIC, "ustar\00000", 8);
	memset(header + CHECKSUM, ' ', NUMBER_LENGTH);
	for (size_t i = 0; i < USTAR_BLOCK; i++)
		checksum += (unsigned char)header[i];
	number_write(header + CHECKSUM, NUMBER_LENGTH - 1, checksum);
	header[CHECKSUM + NUMBER_LENGTH - 2] = '\0';
	return true;
}

size_t
ustar_padding(off_t size)
{
	return (size_t)((USTAR_BLOCK - size % USTAR_BLOCK) % USTAR_BLOCK) + END_BLOCKS * USTAR_BLOCK;
}
