/*
 * Memory that held secrets: libraries give it back empty.
 */
#ifndef EXACHECK_HELPERS_WIPE_H
#define EXACHECK_HELPERS_WIPE_H

/* From now on what jansson and libevent free is wiped before. Before their first allocation. */
void wipe_libraries(void);

#endif
