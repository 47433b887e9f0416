/*
 * The values of options as Python reads them.
 */
#ifndef EXACHECK_HEALTHCHECK_VALUE_H
#define EXACHECK_HEALTHCHECK_VALUE_H

#include "healthcheck_options.h"

/*
 * Take a value (of a flag: NULL) for the option, in place of what there was, or as a further one. False: with the
 * reason in error, phrased to follow "--option: ".
 */
bool healthcheck_value_take(const struct healthcheck_option *, const char *text, struct healthcheck_options *,
    char error[static OPTION_ERROR_SIZE]);

#endif
