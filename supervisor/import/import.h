/*
 * `exacheck import`: other programs' configurations as ours.
 */
#ifndef EXACHECK_IMPORT_H
#define EXACHECK_IMPORT_H

/*
 * argv[0] is "import", then the importer's name and its arguments. The configuration goes to standard output, notes to
 * standard error. Returns the exit status: 0: all of it is kept; 1: something is lost; 2: there is no configuration.
 */
int import_main(int argc, char **argv);

#endif
