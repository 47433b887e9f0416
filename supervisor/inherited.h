/*
 * What commands of ExaBGP's healthcheck inherit from ExaBGP, and those of a configuration do not.
 */
#ifndef EXACHECK_INHERITED_H
#define EXACHECK_INHERITED_H

#include "import/importing.h"

/*
 * Add the environment of this process to the arguments of every check, but for what is exacheck's own; what is no text, or
 * too much, is noted as lost.
 */
void inherited_environment_add(struct importing *);

#endif
