/*
 * An upgrade in the middle of a life: another ledger and another set of checks and groups, with the state of the
 * former.
 */
#ifndef EXACHECK_TESTS_POLICY_UPGRADE_H
#define EXACHECK_TESTS_POLICY_UPGRADE_H

#include "../../supervisor/checks.h"

/* What is replaced is freed. False, with a text in error: something could not be saved or loaded. */
bool policy_upgrade(struct ledger **, struct checks **, const struct config *, const struct checks_listener *,
    monotime_t now, char error[static STATE_ERROR_SIZE]);

#endif
