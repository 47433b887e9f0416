/*
 * The configuration of anycast-healthchecker as ours: its files. Touches those. Invariant: files are read in the order
 * in which it reads them, those of a directory by name.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "anycast_daemon.h"
#include "anycast_service.h"
#include "import_command.h"
#include "process_block.h"

#define SUFFIX ".conf"
#define DIRECTORY_SUFFIX ".d"
#define FILES_MAX 5000

static const char heading[] =
    "\n"
    "anycast-healthchecker had BIRD announce and withdraw; exacheck has ExaBGP do it, which takes BIRD's place or is\n"
    "a neighbor of it on this machine:\n"
    "\n"
    PROCESS_BLOCK
    "\n";

static int
is_configuration(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), suffix = strlen(SUFFIX);

	return *entry->d_name != '.' && length > suffix && strcmp(entry->d_name + length - suffix, SUFFIX) == 0;
}

static int
compare_names(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

static bool
file_read(struct ini *ini, const char *directory, const char *name)
{
	bool read = false;
	char *path;

	if (asprintf(&path, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", name) == -1) {
		import_note(ini->importing, IMPORT_WRONG, directory, "out of memory");
		return false;
	}
	read = ini_read(ini, path);
	free(path);
	return read;
}

static bool
directory_read(struct ini *ini, const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_configuration, compare_names);
	bool good = count > 0 && count <= FILES_MAX;

	if (count == -1)
		import_note(ini->importing, IMPORT_WRONG, directory, "cannot read the directory: %s", strerror(errno));
	else if (!good)
		import_note(ini->importing, IMPORT_WRONG, directory,
		    count == 0 ? "the directory has no file whose name ends in"
		    " " SUFFIX : "the directory has too many files");
	for (int i = 0; i < count; i++) {
		good = good && file_read(ini, directory, entries[i]->d_name);
		free(entries[i]);
	}
	if (count != -1)
		free(entries);
	return good;
}

/* Beside a directory NAME.d that stands alone: NAME.conf, as in /etc. */
static bool
neighbor_read(struct ini *ini, const char *directory)
{
	size_t length = strlen(directory), suffix = strlen(DIRECTORY_SUFFIX);
	bool read = true;
	char *path;

	while (length > 1 && directory[length - 1] == '/')
		length--;
	if (length <= suffix || strncmp(directory + length - suffix, DIRECTORY_SUFFIX, suffix) != 0)
		return true;
	if (asprintf(&path, "%.*s" SUFFIX, (int)(length - suffix), directory) == -1) {
		import_note(ini->importing, IMPORT_WRONG, directory, "out of memory");
		return false;
	}
	if (access(path, F_OK) == 0) {
		import_note(ini->importing, IMPORT_DIFFERS, path,
		    "is read as well, because it stands beside %s", directory);
		read = ini_read(ini, path);
	}
	free(path);
	return read;
}

static bool
path_read(struct ini *ini, const char *path, bool alone)
{
	struct stat st;

	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return ini_read(ini, path);
	return (!alone || neighbor_read(ini, path)) && directory_read(ini, path);
}

static void
services_import(struct ini *ini)
{
	const struct ini_section *section, *daemon = ini_section(ini, ANYCAST_DAEMON);
	bool said = false, found = false;

	import_heading(ini->importing, heading);
	import_note(ini->importing, IMPORT_DIFFERS, NULL,
	    "BIRD is not driven any more: take the prefixes of anycast-healthchecker and their filter out of its"
	    " configuration, or"
	    " it goes on announcing them; see the head of this one for ExaBGP");
	import_commands_note(ini->importing, "anycast-healthchecker");
	STAILQ_FOREACH(section, &ini->sections, entry) {
		if (ini_is_defaults(ini, section))
			anycast_service_keys_note(ini, section);
		if (section == daemon || ini_is_defaults(ini, section))
			continue;
		anycast_service_import(ini, section, &said);
		found = true;
	}
	anycast_daemon_import(ini, daemon);
	if (!found)
		import_note(ini->importing, IMPORT_WRONG, NULL,
		    "there is no service: name the directory of services as well, as /etc/anycast-healthchecker.d");
}

void
import_anycast(struct importing *importing, int argc, char **argv)
{
	struct ini ini;
	bool read = true;

	ini_begin(&ini, &ini_python, importing);
	for (int i = 0; i < argc && read; i++)
		read = path_read(&ini, argv[i], argc == 1);
	if (read)
		services_import(&ini);
	ini_clear(&ini);
}
