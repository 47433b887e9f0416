/*
 * Needs, collected. Invariant: a place is there once, and what is held is closed once.
 */
#include "needs.h"

#include <sys/stat.h>
#include <unistd.h>

static bool
same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool
needs_place(struct needs *needs, int fd, uint64_t rights)
{
	if (fd == -1)
		return false;
	for (size_t i = 0; i < needs->count; i++)
		if (same(needs->places[i].fd, fd)) {
			needs->places[i].rights |= rights;
			close(fd);
			return true;
		}
	if (needs->count == NEEDS_PLACES_MAX) {
		close(fd);
		return false;
	}
	needs->places[needs->count].fd = fd;
	needs->places[needs->count++].rights = rights;
	return true;
}

void
needs_clear(struct needs *needs)
{
	while (needs->count > 0)
		close(needs->places[--needs->count].fd);
}
