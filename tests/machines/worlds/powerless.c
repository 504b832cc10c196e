/*
 * powerless.c - preloaded everywhere: as on Ubuntu 24.04, where an ordinary
 * user gets a user namespace, and none of its capabilities.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_powerful(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct caps[2];
    return syscall(SYS_capget, &head, caps) == 0 &&
           caps[0].effective >> CAP_SYS_ADMIN & 1;
}

int unshare(int flags)
{
    int was_powerful = is_powerful();
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "unshare");
    int result = real(flags);
    if (result == 0 && flags & CLONE_NEWUSER && !was_powerful) {
        for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
            prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
        struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct none[2];
        memset(none, 0, sizeof none);
        syscall(SYS_capset, &head, none);
    }
    return result;
}
