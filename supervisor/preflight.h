/*
 * `exacheck preflight`: whether this program could go on from the state of one that runs. Started by that one's
 * launcher before an upgrade, so that a program that crashes, hangs or refuses does so while the running one still can
 * do without.
 */
#ifndef EXACHECK_PREFLIGHT_H
#define EXACHECK_PREFLIGHT_H

/*
 * Receive the state over CHANNEL_FD, look at it, answer with MESSAGE_READY, or say with MESSAGE_LOG what is wrong.
 * Returns the exit status.
 */
int preflight_run(void);

#endif
