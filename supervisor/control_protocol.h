/*
 * What both ends of the control socket know; the protocol is documented in exacheck-ctl(8).
 */
#ifndef EXACHECK_CONTROL_PROTOCOL_H
#define EXACHECK_CONTROL_PROTOCOL_H

#define CONTROL_PROTOCOL 1
#define CONTROL_FILE "control.sock" /* in runtime_dir, unless configured */
#define CONTROL_PATH "/run/exacheck/" CONTROL_FILE /* unless configured, and said */
#define CONTROL_REQUEST_MAX 65536 /* bytes, with the end of the line */

#endif
