/*
 * The version. By itself, so that a program of another version differs from this one in one object.
 */
#include "program.h"

const char program_version[] = EXACHECK_VERSION;
