/*
 * which_way.c - who on the way to ADDRESS reports a datagram, and why.
 *
 * Each router takes 1 from the hop limit (TTL), drops what comes to 0, and
 * says so by ICMP, IP's own messages. The report brings the dropped packet's
 * header back. To hear ICMP one must be root: in two_ways.sh everybody is.
 *
 * Calls   socket SOCK_RAW -> setsockopt IP_TTL -> sendto -> poll -> recv
 * Try     cc which_way.c -o which_way
 *         unshare -rmn sh two_ways.sh ./which_way
 * See     hop limit 1: time exceeded, says 10.1.0.1; it came with 1
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { NOBODYS_PORT = 33434, MOST_HOPS = 30, PATIENCE = 5 * 1000 };
enum { UNREACHABLE = 3, TIME_EXCEEDED = 11 }; /* RFC 792 */

static int await_report(int icmp_fd, const struct sockaddr_in *dest);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    struct sockaddr_in dest = {.sin_family = AF_INET,
                               .sin_port = htons(NOBODYS_PORT)};
    if (argc != 2) {
        fprintf(stderr, "usage: which_way ADDRESS\n");
        return 2;
    }
    if (inet_pton(AF_INET, argv[1], &dest.sin_addr) != 1) {
        fprintf(stderr,
                "which_way: not an IPv4 address (like 127.0.0.1): "
                "\"%.40s\"\n",
                argv[1]);
        return 2;
    }

    int icmp_fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (icmp_fd == -1)
        die("socket SOCK_RAW (for root)");
    int sock_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    int type = TIME_EXCEEDED;
    for (int hops = 1; hops <= MOST_HOPS && type == TIME_EXCEEDED; hops++) {
        if (setsockopt(sock_fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops) == -1)
            die("setsockopt IP_TTL");
        if (sendto(sock_fd, "?", 1, 0, (struct sockaddr *)&dest, sizeof dest) ==
            -1)
            die("sendto");
        printf("hop limit %d: ", hops);
        type = await_report(icmp_fd, &dest);
    }
    return 0;
}

static const char *icmp_name(int type, int code)
{
    static const char *const reasons[] = {
        "network unreachable", "host unreachable", "protocol unreachable",
        "port unreachable"};
    if (type == TIME_EXCEEDED)
        return "time exceeded";
    return code < 4 ? reasons[code] : "unreachable";
}

/* Read until a report about a datagram of ours; its type, or -1. */
static int await_report(int icmp_fd, const struct sockaddr_in *dest)
{
    struct pollfd readable = {.fd = icmp_fd, .events = POLLIN};
    int ready;
    while ((ready = poll(&readable, 1, PATIENCE)) == 1) {
        unsigned char packet[1500];
        ssize_t count = recv(icmp_fd, packet, sizeof packet, 0);
        if (count == -1)
            die("recv");
        /* IP header, 8 bytes of ICMP, then the header that it is about. */
        unsigned char *icmp = packet + packet[0] % 16 * 4, *about = icmp + 8;
        if (about + 24 > packet + count ||
            (icmp[0] != UNREACHABLE && icmp[0] != TIME_EXCEEDED) ||
            memcmp(about + 16, &dest->sin_addr, 4) != 0 ||
            memcmp(about + 22, &dest->sin_port, 2) != 0)
            continue;
        char from[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, packet + 12, from, sizeof from);
        printf("%s, says %s; it came with %d\n", icmp_name(icmp[0], icmp[1]),
               from, about[8]);
        return icmp[0];
    }
    if (ready == -1)
        die("poll");
    printf("nobody says anything\n");
    return -1;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "which_way: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("which_way: standard output");
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
