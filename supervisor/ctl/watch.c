#include "ctl.h"
enum ctl_exit command_watch(const struct ctl *ctl) { (void)ctl; return CTL_FAILED; }
