/*
 * Configurations of other programs: byte 0 chooses the program, the rest is its file; with the highest bit it is the
 * arguments of ExaBGP's healthcheck, each with a NUL behind it. Either a valid configuration comes out, or there is a
 * reason; every note is one printable line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../supervisor/import/importing.h"
#include "fuzz.h"

#define IMPORTERS 3
#define ARGUMENTS_MAX 32

static void
notes_are_printable(const struct importing *importing)
{
	char *text = NULL, *at, *end;
	size_t length, lines = 0, notes = 0;
	FILE *file = open_memstream(&text, &length);

	FUZZ_ASSERT(file != NULL);
	import_notes_print(importing, file);
	FUZZ_ASSERT(fclose(file) == 0);
	for (at = text; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		fuzz_assert_utf8(at);
		lines++;
	}
	FUZZ_ASSERT(*at == '\0');
	for (enum import_kind kind = 0; kind < IMPORT_KINDS; kind++)
		notes += import_count(importing, kind);
	FUZZ_ASSERT(lines == notes);
	free(text);
}

static void
run(const struct importer *importer, int argc, char **argv)
{
	struct importing *importing = importing_new();
	char *text;

	FUZZ_ASSERT(importing != NULL && importer->name != NULL);
	importer->run(importing, argc, argv);
	text = importing_text(importing, importer->name, "Made by a test\n");
	FUZZ_ASSERT((text == NULL) == (import_count(importing, IMPORT_WRONG) > 0));
	notes_are_printable(importing);
	free(text);
	importing_free(importing);
}

static void
run_file(const struct importer *importer, const uint8_t *data, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	char path[32], *argv[] = {path, NULL};

	FUZZ_ASSERT(fd != -1 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	run(importer, 1, argv);
	close(fd);
}

static void
run_arguments(const struct importer *importer, const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *argv[ARGUMENTS_MAX + 1], *at;
	int argc = 0;

	FUZZ_ASSERT(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	for (at = copy; at < copy + size && argc < ARGUMENTS_MAX; at += strlen(at) + 1)
		argv[argc++] = at;
	argv[argc] = NULL;
	if (argc > 0)
		run(importer, argc, argv);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint8_t choice = fuzz_byte(&input);

	fuzz_log_sink();
	if (choice < 128)
		run_file(&importers[choice % IMPORTERS], input.data, input.left);
	else
		run_arguments(&importers[0], input.data, input.left);
	return 0;
}
