/*
 * What is read of a journal's file, and for it. Touches that file and the kernel's; writes nothing. Invariant: what
 * anyone else could have written is not read.
 */
#include "journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The start of a process in the kernel's ticks; 0: unknown. */
static uint64_t
process_start(pid_t pid)
{
	char path[64], text[1024], *field;
	uint64_t start = 0;
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((file = fopen(path, "re")) == NULL)
		return 0;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	/* The second field is the name, which may hold anything; the start is the 22nd. */
	field = strrchr(text, ')');
	for (int i = 2; field != NULL && i < 22; i++)
		if ((field = strchr(field, ' ')) != NULL)
			field++;
	if (field == NULL || sscanf(field, "%" SCNu64, &start) != 1)
		return 0;
	return start;
}

void
journal_identity_learn(struct journal_identity *identity)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file == NULL || fscanf(file, "%39s", identity->boot) != 1)
		strcpy(identity->boot, "-");
	if (file != NULL)
		fclose(file);
	identity->parent = getppid();
	identity->parent_start = process_start(getppid());
}

char *
journal_file_read(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), error = 0;
	struct stat st;
	char *text = NULL;
	ssize_t got = 0;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) != 0)
		error = errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > JOURNAL_SIZE_MAX)
		error = EFBIG;
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		error = EPERM; /* it decides which routes are withdrawn */
	else if ((text = malloc((size_t)st.st_size + 1)) == NULL)
		error = ENOMEM;
	*length = 0;
	while (error == 0 && *length < (size_t)st.st_size &&
	    (got = read(fd, text + *length, (size_t)st.st_size - *length)) > 0)
		*length += (size_t)got;
	if (got < 0)
		error = errno;
	close(fd);
	if (error != 0) {
		free(text);
		errno = error;
		return NULL;
	}
	text[*length] = '\0';
	return text;
}
