/*
 * The process that is a courier.
 */
#ifndef EXACHECK_NOTIFY_COURIER_PROCESS_H
#define EXACHECK_NOTIFY_COURIER_PROCESS_H

#include "errand.h"

/* After the fork: do the errand, write the outcome (a struct outcome) to this descriptor, end. */
_Noreturn void courier_process(const struct errand *, int report);

#endif
