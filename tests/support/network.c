#define _GNU_SOURCE
#include "network.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int enter_own_network(void)
{
    if (unshare(CLONE_NEWNET) == -1 &&
        unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
        return 0;
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1 || ioctl(fd, SIOCSIFFLAGS, &loopback) == -1) {
        perror("lo up");
        exit(1);
    }
    close(fd);
    return 1;
}
