/*
 * main of a harness that runs the files it is given, once each: the corpus as a regression test, under any
 * compiler and any sanitizer. Touches these files. Invariant: an input that ends the harness is named, and
 * having nothing to run is a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define FILE_SIZE_MAX (1 << 20)
#define HANG_SECONDS 60 /* one input, under a slow sanitizer on a busy machine */

static bool
run_file(const char *path)
{
	static uint8_t whole[FILE_SIZE_MAX];
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	size_t size;
	bool complete;

	if (file == NULL) {
		perror(path);
		return false;
	}
	size = fread(whole, 1, sizeof(whole), file);
	complete = feof(file) && !ferror(file);
	fclose(file);
	if (!complete) {
		fprintf(stderr, "%s: cannot be read, or has more than %zu bytes\n", path, sizeof(whole));
		return false;
	}
	data = fuzz_copy(whole, size);
	alarm(HANG_SECONDS);
	LLVMFuzzerTestOneInput(data, size);
	alarm(0);
	free(data);
	return true;
}

int
main(int argc, char **argv)
{
	/* The parent outlives the input that ends the child, and knows which one it was. */
	int *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child;

	if (argc < 2 || at == MAP_FAILED || (child = fork()) == -1) {
		fprintf(stderr, "%s: nothing to run, or no memory\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (child == 0) {
		for (*at = 1; *at < argc; ++*at)
			if (!run_file(argv[*at]))
				return EXIT_FAILURE;
		return EXIT_SUCCESS;
	}
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 && *at == argc) {
		printf("%s: %d inputs\n", argv[0], argc - 1);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "%s: failed on %s\n", argv[0], *at < argc ? argv[*at] : "its way out");
	return EXIT_FAILURE;
}
