/*
 * Names of rotated files. Touches the directory of the log, and in it what has exactly such a name. Invariant: no
 * file takes the place of another.
 */
#include "rotated.h"

#include <bsd/string.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compression.h"

#define MICROSECONDS 1000000
#define PATTERN "dddd-dd-dd_dd-dd-dd_dddddd" /* d: a digit */

_Static_assert(sizeof(PATTERN) == ROTATED_MOMENT_SIZE, "the pattern of a moment");

void
rotation_init(struct rotation *rotation, const char *path, const char *directory)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path, *dot = strrchr(name, '.');

	if (dot == NULL || strspn(name, ".") >= (size_t)(dot - name) + 1)
		dot = name + strlen(name);
	*rotation = (struct rotation){.directory = directory, .stem = name, .stem_length = (int)(dot - name),
	    .extension = dot};
}

static bool
moment_read(const char *text, char moment[static ROTATED_MOMENT_SIZE])
{
	for (size_t i = 0; i < ROTATED_MOMENT_SIZE - 1; i++)
		if (PATTERN[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != PATTERN[i])
			return false;
	memcpy(moment, text, ROTATED_MOMENT_SIZE - 1);
	moment[ROTATED_MOMENT_SIZE - 1] = '\0';
	return true;
}

bool
rotation_knows(const struct rotation *rotation, const char *name, char moment[static ROTATED_MOMENT_SIZE],
    enum rotated_state *state)
{
	size_t stem = (size_t)rotation->stem_length, extension = strlen(rotation->extension);
	const char *rest;

	if (strlen(name) < stem + ROTATED_MOMENT_SIZE + extension || strncmp(name, rotation->stem, stem) != 0 ||
	    name[stem] != '.' || !moment_read(name + stem + 1, moment))
		return false;
	rest = name + stem + ROTATED_MOMENT_SIZE;
	if (strncmp(rest, rotation->extension, extension) != 0)
		return false;
	rest += extension;
	*state = ROTATED_PLAIN;
	return *rest == '\0' || compression_suffix(rest, state);
}

static int
rotated_compare(const void *a, const void *b)
{
	const struct rotated *one = a, *other = b;
	int order = strcmp(one->moment, other->moment);

	return order != 0 ? order : strcmp(one->name, other->name);
}

/* False: out of memory. */
static bool
list_add(struct rotated_list *list, const struct rotated *file)
{
	struct rotated *files = reallocarray(list->files, list->count + 1, sizeof(*files));

	if (files == NULL)
		return false;
	list->files = files;
	files[list->count] = *file;
	if ((files[list->count].name = strdup(file->name)) == NULL)
		return false;
	list->count++;
	return true;
}

/* Where everybody may put files, those that are not ours are of no concern to us, whatever they are called. */
static bool
file_ours(int directory, const char *name)
{
	struct stat above, file;

	return fstat(directory, &above) == 0 && fstatat(directory, name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(file.st_mode) && (file.st_uid == geteuid() || (above.st_mode & S_ISVTX) == 0);
}

bool
rotated_list(const struct rotation *rotation, struct rotated_list *list)
{
	DIR *directory = opendir(rotation->directory);
	struct rotated file;
	struct dirent *entry;
	bool read = true;

	*list = (struct rotated_list){0};
	if (directory == NULL)
		return false;
	while (read && (errno = 0, entry = readdir(directory)) != NULL) {
		file.name = entry->d_name;
		if (rotation_knows(rotation, entry->d_name, file.moment, &file.state) &&
		    file_ours(dirfd(directory), entry->d_name))
			read = list_add(list, &file);
	}
	read = read && errno == 0;
	closedir(directory);
	if (list->count > 0)
		qsort(list->files, list->count, sizeof(list->files[0]), rotated_compare);
	return read;
}

void
rotated_free(struct rotated_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].name);
	free(list->files);
	*list = (struct rotated_list){0};
}

/* As a date that knows of no time zone. */
static void
moment_write(const struct tm *date, long microseconds, char moment[static ROTATED_MOMENT_SIZE])
{
	char text[ROTATED_MOMENT_SIZE + 64];

	snprintf(text, sizeof(text), "%04d-%02d-%02d_%02d-%02d-%02d_%06ld", date->tm_year + 1900, date->tm_mon + 1,
	    date->tm_mday, date->tm_hour, date->tm_min, date->tm_sec, microseconds);
	strlcpy(moment, text, ROTATED_MOMENT_SIZE);
}

/* The one a microsecond later. */
static void
moment_next(char moment[static ROTATED_MOMENT_SIZE])
{
	struct tm date = {0};
	long microseconds = 0;
	time_t second;

	sscanf(moment, "%4d-%2d-%2d_%2d-%2d-%2d_%6ld", &date.tm_year, &date.tm_mon, &date.tm_mday, &date.tm_hour,
	    &date.tm_min, &date.tm_sec, &microseconds);
	date.tm_year -= 1900;
	date.tm_mon--;
	second = timegm(&date);
	if (++microseconds == MICROSECONDS) {
		microseconds = 0;
		second++;
	}
	if (gmtime_r(&second, &date) != NULL)
		moment_write(&date, microseconds, moment);
}

static void
moment_of(int64_t at_us, char moment[static ROTATED_MOMENT_SIZE])
{
	time_t second = (time_t)(at_us / MICROSECONDS);
	struct tm date;

	if (localtime_r(&second, &date) == NULL)
		gmtime_r(&second, &date);
	moment_write(&date, (long)(at_us % MICROSECONDS), moment);
}

/* As rename(2), but never in the place of another file. */
static bool
rename_only(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	/* a file system that does not have it */
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (access(to, F_OK) == 0) {
		errno = EEXIST;
		return false;
	}
	return rename(from, to) == 0;
}

bool
rotation_rename(const struct rotation *rotation, const char *path, int64_t at_us)
{
	char moment[ROTATED_MOMENT_SIZE], to[PATH_MAX];
	struct rotated_list list;
	bool listed = rotated_list(rotation, &list);
	int error = errno;

	moment_of(at_us, moment);
	/* the clock was set back, or summer time ended */
	if (list.count > 0 && strcmp(moment, list.files[list.count - 1].moment) <= 0) {
		strlcpy(moment, list.files[list.count - 1].moment, sizeof(moment));
		moment_next(moment);
	}
	rotated_free(&list);
	if (!listed) {
		errno = error;
		return false;
	}
	if (snprintf(to, sizeof(to), "%s/%.*s.%s%s", rotation->directory, rotation->stem_length, rotation->stem, moment,
	    rotation->extension) >= (int)sizeof(to)) {
		errno = ENAMETOOLONG;
		return false;
	}
	return rename_only(path, to);
}

/* False with errno. */
static bool
rotated_remove(const struct rotation *rotation, const struct rotated *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", rotation->directory, file->name);
	return unlink(path) == 0 || errno == ENOENT;
}

bool
rotation_retain(const struct rotation *rotation, int64_t count)
{
	struct rotated_list list;
	bool done = rotated_list(rotation, &list);
	int error = errno;
	int64_t newer = 0; /* moments, a file of one and its compressed one count once */

	for (size_t i = list.count; i-- > 0;) {
		if (i + 1 == list.count || strcmp(list.files[i].moment, list.files[i + 1].moment) != 0)
			newer++;
		if (newer > count && !rotated_remove(rotation, &list.files[i])) {
			done = false;
			error = errno;
		}
	}
	rotated_free(&list);
	errno = error;
	return done;
}

void
rotation_clean(const struct rotation *rotation)
{
	struct rotated_list list;

	rotated_list(rotation, &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.files[i].state == ROTATED_LEFT)
			rotated_remove(rotation, &list.files[i]);
	rotated_free(&list);
}
