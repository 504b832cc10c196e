/*
 * rough_network.c - datagrams damaged, doubled, overtaken, dropped on the way.
 *
 * Calls   unshare; socket SOCK_RAW -> sendto, SOCK_DGRAM -> bind -> recv
 * Try     cc rough_network.c -o rough_network && ./rough_network
 * See     receive 1: "one"
 *
 * The network is played by a raw socket, which writes the UDP header itself
 * and so can put a wrong checksum on the way. That needs Linux (_GNU_SOURCE,
 * unshare): a network of the program's own, where no root is needed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 10 * 1000 }; /* ms without a datagram */

static void deliver(int raw_fd, const struct sockaddr_in *to, const char *sent,
                    const char *arrives);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void await_bytes(int fd);
static int enter_own_network(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: rough_network (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    if (enter_own_network() == -1)
        die("unshare (no network of its own here: try %s)",
            geteuid() == 0 ? "docker run --privileged"
                           : "sudo ./rough_network");

    /* 1. The receiver: an ordinary datagram socket. */
    int sock_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    struct sockaddr_in addr = {.sin_family = AF_INET};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t addr_len = sizeof addr;
    if (bind(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind 127.0.0.1:0");
    if (getsockname(sock_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");

    /* 2. The network: what is sent, and what of it arrives. */
    int raw_fd = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
    if (raw_fd == -1)
        die("socket SOCK_RAW");
    printf("the network passes on \"one\"\n");
    deliver(raw_fd, &addr, "one", "one");
    printf("the network makes \"uwo\" of \"two\": one bit flipped\n");
    deliver(raw_fd, &addr, "two", "uwo");
    printf("the network delivers \"three\" twice\n");
    deliver(raw_fd, &addr, "three", "three");
    deliver(raw_fd, &addr, "three", "three");
    printf("the network lets \"five\" overtake \"four\"\n");
    deliver(raw_fd, &addr, "five", "five");
    deliver(raw_fd, &addr, "four", "four");
    printf("the network makes \"2000 to 1000\" of \"1000 to 2000\"\n");
    deliver(raw_fd, &addr, "1000 to 2000", "2000 to 1000");
    printf("the network drops \"six\", and passes on \"the end\"\n");
    deliver(raw_fd, &addr, "the end", "the end");

    /* 3. The receiver takes what has come, in the order it came. */
    char text[100] = "";
    for (int receives = 1; strcmp(text, "the end") != 0; receives++) {
        await_bytes(sock_fd);
        ssize_t count = recv(sock_fd, text, sizeof text - 1, 0);
        if (count == -1)
            die("recv");
        text[count] = '\0';
        printf("receive %d: \"%s\"\n", receives, text);
    }
    return 0;
}

/* The sum of all 16-bit words, carries added in, upside down. It covers both
 * IP addresses (127.0.0.1 twice), the protocol and the length, too. */
static uint16_t udp_checksum(const unsigned char *packet, size_t length)
{
    unsigned long sum = 2 * (0x7f00 + 0x0001) + IPPROTO_UDP + length;
    for (size_t i = 0; i < length; i++)
        sum += i % 2 == 0 ? packet[i] * 256ul : packet[i];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff ? 0xffff : (uint16_t)~sum;
}

/* One UDP packet: ports, length and checksum (RFC 768), then a text. */
static void deliver(int raw_fd, const struct sockaddr_in *to, const char *sent,
                    const char *arrives)
{
    unsigned char packet[100];
    size_t length = 8 + strlen(sent);
    uint16_t header[4] = {to->sin_port, to->sin_port, htons((uint16_t)length)};
    memcpy(packet, header, sizeof header);
    memcpy(packet + 8, sent, strlen(sent));
    header[3] = htons(udp_checksum(packet, length));
    memcpy(packet, header, sizeof header);
    memcpy(packet + 8, arrives, strlen(arrives)); /* damaged after the sum */

    struct sockaddr_in host = *to;
    host.sin_port = 0; /* a raw socket has no port; ours is in the packet */
    if (sendto(raw_fd, packet, length, 0, (struct sockaddr *)&host,
               sizeof host) == -1)
        die("sendto 127.0.0.1");
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "rough_network: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("rough_network: standard output");
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
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
