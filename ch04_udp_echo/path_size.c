/*
 * path_size.c - how large a datagram may be that nobody cuts on its way.
 *
 * A link carries packets up to its MTU (maximum transmission unit): 1500 on
 * Ethernet, and on our own network's loopback. Linux, hence _GNU_SOURCE.
 *
 * Calls   socket -> bind -> connect -> getsockopt, setsockopt -> send -> recv
 * Try     cc path_size.c -o path_size && ./path_size
 * See     MTU of the path: 1500, less 20 for IP and 8 for UDP: 1472
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void try_to_send(int sock_fd, size_t size, int may_be_cut);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int enter_own_network(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: path_size (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* 1. A network of our own, and a socket in it that is its own peer. */
    if (enter_own_network() == -1)
        die("no network of its own here; try sudo ./path_size: unshare");
    int sock_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t length = sizeof addr;
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    if (bind(sock_fd, (struct sockaddr *)&addr, length) == -1)
        die("bind 127.0.0.1");
    if (getsockname(sock_fd, (struct sockaddr *)&addr, &length) == -1)
        die("getsockname");
    if (connect(sock_fd, (struct sockaddr *)&addr, length) == -1)
        die("connect");

    /* 2. Its link is to be like an Ethernet. */
    struct ifreq loopback = {.ifr_name = "lo", .ifr_mtu = 1500};
    if (ioctl(sock_fd, SIOCSIFMTU, &loopback) == -1)
        die("ioctl SIOCSIFMTU");

    /* 3. What does the path to the peer take? A connected socket knows. */
    int mtu;
    length = sizeof mtu;
    if (getsockopt(sock_fd, IPPROTO_IP, IP_MTU, &mtu, &length) == -1)
        die("getsockopt IP_MTU");
    printf("MTU of the path: %d, less 20 for IP and 8 for UDP: %d\n", mtu,
           mtu - 28);
    size_t most = (size_t)mtu - 28;

    /* 4. Nobody may cut it: it fits, or it does not go. */
    try_to_send(sock_fd, most, IP_PMTUDISC_DO);
    try_to_send(sock_fd, most + 1, IP_PMTUDISC_DO);

    /* 5. It may be cut: it goes in two packets, and arrives whole. */
    printf("now it may be cut\n");
    try_to_send(sock_fd, most + 1, IP_PMTUDISC_DONT);
    return 0;
}

static void try_to_send(int sock_fd, size_t size, int may_be_cut)
{
    static char bytes[64 * 1024];
    if (setsockopt(sock_fd, IPPROTO_IP, IP_MTU_DISCOVER, &may_be_cut,
                   sizeof may_be_cut) == -1)
        die("setsockopt IP_MTU_DISCOVER");
    ssize_t count = send(sock_fd, bytes, size, 0);
    if (count == -1 && errno != EMSGSIZE)
        die("send %zu bytes", size);
    printf("send %zu bytes: %s\n", size,
           count == -1 ? strerror(errno) : "gone");
    if (count != -1 && (count = recv(sock_fd, bytes, sizeof bytes, 0)) == -1)
        die("recv");
    if (count != -1)
        printf("recv gives %zd bytes\n", count);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "path_size: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("path_size: standard output");
    _Exit(1);
}

/* 0 to 2 are open: no socket gets their numbers. A line is out at once. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            open("/dev/null", O_RDONLY);
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(check_output);
}

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
