/*
 * keepalive.c - SO_KEEPALIVE asks a silent peer whether it is there.
 *
 * A only reads, and B says nothing. Then the cable is cut: B's system lets none
 * of A's packets in any more (IP_MINTTL), and nobody tells A.
 *
 * Calls   socket -> connect -> accept; setsockopt, getsockopt, read
 * Needs   Linux: IP_MINTTL, TCP_INFO, and the probes' times as options
 * Try     cc keepalive.c -o keepalive && ./keepalive
 * See     a probe that is answered, three that are not, and the error
 * Pair    none: both ends are in this program
 */
#define _GNU_SOURCE /* struct tcp_info, IP_MINTTL */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void set(int fd, int level, int option, int value, const char *name);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static void cut_cable(int fd, int cut);
static struct tcp_info tcp_info_of(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: keepalive (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    int a_fd, b_fd;
    connect_pair("127.0.0.1", &a_fd, &b_fd);

    /* 1. The option is off, and when it is on, the first question comes after
     *    two hours. Here: after 1 s, then each second, three times. */
    set(a_fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
    set(a_fd, IPPROTO_TCP, TCP_KEEPIDLE, 1, "TCP_KEEPIDLE");
    set(a_fd, IPPROTO_TCP, TCP_KEEPINTVL, 1, "TCP_KEEPINTVL");
    set(a_fd, IPPROTO_TCP, TCP_KEEPCNT, 3, "TCP_KEEPCNT");

    /* 2. All is well: what comes is an ACK, and no program hears of it. */
    struct pollfd wanted = {.fd = a_fd, .events = POLLIN};
    unsigned silence, longest = 0;
    while ((silence = tcp_info_of(a_fd).tcpi_last_ack_recv) >= longest) {
        longest = silence; /* ms since the last ACK */
        if (poll(&wanted, 1, 10) != 0)
            die("poll");
    }
    printf("nobody says anything: a probe, and B's system answers\n");

    /* 3. The cable is cut. A read would wait: for how long? */
    cut_cable(b_fd, 1);
    printf("the cable is cut\n");
    int probes = 0, ready;
    while ((ready = poll(&wanted, 1, 10)) == 0)
        if (tcp_info_of(a_fd).tcpi_probes > probes)
            printf("probe %d, and no answer\n", ++probes);
    if (ready == -1)
        die("poll");

    /* 4. It ends, with an error that says why. */
    char byte;
    if (read(a_fd, &byte, 1) != -1 || errno != ETIMEDOUT)
        die("read");
    printf("A's read: %s\n", strerror(errno));
    return 0;
}

static void set(int fd, int level, int option, int value, const char *name)
{
    if (setsockopt(fd, level, option, &value, sizeof value) == -1)
        die("setsockopt %s", name);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "keepalive: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("keepalive: standard output");
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

/* What the system knows of a connection, or of a waiting room. */
static struct tcp_info tcp_info_of(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        die("getsockopt TCP_INFO");
    return info;
}
