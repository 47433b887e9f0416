/*
 * From a map of the document to a struct, by an option table. Every finding is reported with its place;
 * decoding never stops at the first.
 */
#ifndef EXACHECK_DECODE_H
#define EXACHECK_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/option.h"
#include "diagnostic.h"
#include "place.h"
#include "suggest.h"
#include "tree.h"

/*
 * Decode node into base, which holds the table's defaults (options_set_defaults); what fails keeps its
 * default. also: further keys that the caller looks at itself, NULL-terminated, or NULL. A key without
 * a value is not given. An option with OPTION_LIST or OPTION_MAP must be of a type that is stored as text.
 * Returns the options that are given (bit option_index()), whether or not their values are good.
 */
uint64_t decode_options(struct diagnostics *, const struct place *, const struct node *, const struct option *table,
    const char *const *also, void *base);

/* Decode one key of a map, which must be there if the option is required. True: without an error. */
bool decode_option(struct diagnostics *, const struct place *, const struct node *, const struct option *, void *base);

/* Report an error unless node is of this type; true when it is. */
bool decode_expect(struct diagnostics *, const struct place *, const struct node *, enum node_type);

#endif
