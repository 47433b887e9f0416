/*
 * Communities and AS paths in the words of ExaBGP's commands.
 */
#ifndef EXACHECK_HEALTHCHECK_COMMUNITIES_H
#define EXACHECK_HEALTHCHECK_COMMUNITIES_H

#include "../../common/bgp.h"
#include "importing.h"

/*
 * Add the communities that the text of one option names to a list, each once, in spellings of ours. What ExaBGP takes
 * and we cannot say is noted as lost, with what ExaBGP refuses. text: may be NULL.
 */
void healthcheck_communities_add(struct importing *, json_t *list, const char *text, enum community_kind,
    const char *place);

/* The AS path of an option, canonical, malloc'd. NULL: it is empty, or cannot be said, which is noted as lost. */
char *healthcheck_as_path(struct importing *, const char *text, const char *place);

#endif
