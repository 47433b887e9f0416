/*
 * `exacheck healthcheck`: in place of `python -m exabgp healthcheck`, with its options and its file.
 */
#ifndef EXACHECK_HEALTHCHECK_H
#define EXACHECK_HEALTHCHECK_H

/* argv[0] is "healthcheck", then the options. Returns the exit status: that of `exacheck run`. */
int healthcheck_main(int argc, char **argv);

#endif
