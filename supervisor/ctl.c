/*
 * exacheck-ctl: speaks with a running exacheck. In this version it knows its own version only.
 */
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("exacheck-ctl %s\n", EXACHECK_VERSION);
		return 0;
	}
	fprintf(stderr, "usage: exacheck-ctl --version\n"
			"This version of exacheck has no control socket yet.\n");
	return 2;
}
