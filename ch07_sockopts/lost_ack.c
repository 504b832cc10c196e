/*
 * lost_ack.c - the last ACK is lost: the FIN comes again, and A waits anew.
 *
 * Calls   socket -> connect -> accept; shutdown, setsockopt, close
 * Needs   Linux: IP_MINTTL and /proc/net/tcp
 * Try     cc lost_ack.c -o lost_ack && ./lost_ack
 * See     how long TIME_WAIT has to go, falling and rising
 * Pair    none: both ends are in this program
 */
#define _DEFAULT_SOURCE /* IP_MINTTL */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FINS = 2, PATIENCE = 10 * 1000 };

static void end(int fd, int peer_fd);
static bool find(unsigned own, unsigned peer, double *seconds);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static void cut_cable(int fd, int cut);
static void await_bytes(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: lost_ack (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    int a_fd, b_fd;
    connect_pair("127.0.0.1", &a_fd, &b_fd);
    struct sockaddr_in addr[2];
    socklen_t length = sizeof addr[0];
    if (getsockname(a_fd, (struct sockaddr *)&addr[0], &length) == -1 ||
        getsockname(b_fd, (struct sockaddr *)&addr[1], &length) == -1)
        die("getsockname");
    unsigned a = ntohs(addr[0].sin_port), b = ntohs(addr[1].sin_port);

    /* 1. A closes first. Then B, but its door wants packets with 255 hops to
     *    live from now on: all that A sends is lost. */
    end(a_fd, b_fd);
    cut_cable(b_fd, 1);
    end(b_fd, a_fd);
    close(a_fd);
    printf("A has B's FIN, and its last ACK is lost\n");

    /* 2. Watch A's time. B still waits for that ACK. */
    double before, now;
    find(a, b, &before);
    printf("A: TIME_WAIT, %.2f s to go\n", before);
    for (int again = 0; again < FINS && find(a, b, &now);) {
        poll(NULL, 0, 10);
        if (now > before) {
            printf("A: %.2f s to go; FIN again: %.2f s\n", before, now);
            again++;
        }
        before = now;
    }

    /* 3. The next ACK arrives: B is done. */
    cut_cable(b_fd, 0);
    while (find(b, a, &now))
        poll(NULL, 0, 10);
    printf("the next ACK arrives: B has forgotten A, and A %s\n",
           find(a, b, &now) ? "waits on" : "B");
    return 0;
}

/* One end says that it is done, and the other one reads it. */
static void end(int fd, int peer_fd)
{
    if (shutdown(fd, SHUT_WR) == -1)
        die("shutdown");
    await_bytes(peer_fd);
    if (read(peer_fd, &(char){0}, 1) != 0)
        die("read");
}

/* Is this end still known, and for how long, if it is in TIME_WAIT? */
static bool find(unsigned own, unsigned peer, double *seconds)
{
    FILE *table = fopen("/proc/net/tcp", "r");
    if (!table)
        die("fopen /proc/net/tcp");
    char line[512];
    unsigned from = 0, to = 0;
    unsigned long ticks = 0;
    while ((from != own || to != peer) && fgets(line, sizeof line, table))
        sscanf(line, " %*d: %*[^:]:%x %*[^:]:%x %*x %*x:%*x %*x:%lx", &from,
               &to, &ticks);
    fclose(table);
    *seconds = (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return from == own && to == peer;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "lost_ack: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("lost_ack: standard output");
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

/* Both ends of a connection at an address of this computer: A has called
 * connect, B is what accept returned. */
static void connect_pair(const char *ip, int *a_fd, int *b_fd)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, ip, &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    *a_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 || *a_fd == -1)
        die("socket");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind");
    if (listen(listen_fd, 1) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    if (connect(*a_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect");
    *b_fd = accept(listen_fd, NULL, NULL);
    if (*b_fd == -1)
        die("accept");
    close(listen_fd);
}

/* A cut cable, seen from inside: the socket drops every segment whose hop
 * limit (TTL) is below 255. Ours leave with 64, so TCP never sees them. */
static void cut_cable(int fd, int cut)
{
    int least_ttl = cut ? 255 : 0;
    if (setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least_ttl, sizeof least_ttl))
        die("setsockopt IP_MINTTL");
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}
