#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Leave the computer's network for an empty one: its only wire is a loopback,
 * switched on here. Root may do that, and elsewhere than in a container or on
 * Ubuntu anybody, in a user namespace. -1 and errno where neither goes. */
static int enter_own_network(void)
{
    static const int ways[] = {CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET};
    for (int way = 0; way < 2; way++) {
        if (unshare(ways[way]) == -1)
            continue;
        struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
        int any_fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (any_fd == -1)
            return -1;
        if (ioctl(any_fd, SIOCSIFFLAGS, &loopback) == 0)
            return close(any_fd);
        /* A user namespace may be granted, and its powers withheld. */
        if (errno != EPERM)
            return -1;
    }
    return -1;
}
