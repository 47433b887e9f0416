/*
 * Capabilities, by the system calls themselves: the supervisor needs no library for two of them.
 */
#include "capability.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
capabilities_get(struct __user_cap_header_struct *header,
    struct __user_cap_data_struct data[static _LINUX_CAPABILITY_U32S_3])
{
	*header = (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3};
	return syscall(SYS_capget, header, data) == 0;
}

bool
capabilities_effective(unsigned mask)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return capabilities_get(&header, data) && (data[0].effective & mask) == mask;
}

bool
capabilities_limit(unsigned kept)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (!capabilities_get(&header, data))
		return false;
	data[0].inheritable &= kept;
	for (unsigned i = 1; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].inheritable = 0;
	return syscall(SYS_capset, &header, data) == 0;
}
