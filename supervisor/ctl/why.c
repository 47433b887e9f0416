#include "ctl.h"
enum ctl_exit command_why(const struct ctl *ctl) { (void)ctl; return CTL_FAILED; }
