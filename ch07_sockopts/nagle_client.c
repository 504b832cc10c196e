/*
 * nagle_client.c - one request, written in two ways: 40 milliseconds apart.
 *
 * A request is its length (4 bytes, network order) and that many bytes; the
 * server answers with one byte.
 *
 * Calls   socket -> setsockopt -> connect -> write, write, read -> close
 * Try     cc nagle_client.c -o nagle_client && ./nagle_client 127.0.0.1 9190
 * See     milliseconds for each way, with a bar
 * Pair    nagle_server.c in a first terminal
 */
#define _DEFAULT_SOURCE /* TCP_MAXSEG */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5 * 60 * 1000 }; /* ms without a byte from the server */
enum { SMALL = 100, BIG = 1000 * 1000, LENGTH = sizeof(uint32_t) };
enum { WARM_UP = 20, EXCHANGES = 9, BAR = 16 };
enum { ALL, A_SEGMENT = -1 }; /* in the first write, or so many bytes */

struct way {
    const char *name;
    size_t bytes; /* in a request, after its length */
    int first, nodelay;
    double ms; /* the median exchange */
};

static double measure(int sock_fd, const struct way *way);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static double now_us(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: nagle_client ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    struct way ways[] = {
        {"100 B, 2 writes", SMALL, LENGTH, 0, 0},
        {"100 B, 2 writes, NODELAY", SMALL, LENGTH, 1, 0},
        {"100 B, 1 write", SMALL, ALL, 0, 0},
        {"a segment, then 100 B", SMALL, A_SEGMENT, 0, 0},
        {"1 MB", BIG, ALL, 0, 0},
        {"1 MB, NODELAY", BIG, ALL, 1, 0},
    };
    size_t count = sizeof ways / sizeof ways[0];
    double most = 0;
    for (struct way *way = ways; way < ways + count; way++) {
        /* 1. A connection for each way. Nagle's algorithm is on by default. */
        int sock_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
        if (sock_fd == -1)
            die("socket");
        if (setsockopt(sock_fd, IPPROTO_TCP, TCP_NODELAY, &way->nodelay,
                       sizeof way->nodelay) == -1)
            die("setsockopt TCP_NODELAY");
        int ethernet = 1460; /* a full segment there; loopback's is huge */
        if (way->first == A_SEGMENT &&
            setsockopt(sock_fd, IPPROTO_TCP, TCP_MAXSEG, &ethernet,
                       sizeof ethernet) == -1)
            die("setsockopt TCP_MAXSEG");
        if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
            die("connect %s port %s", argv[1], argv[2]);

        /* 2. The clock decides. */
        way->ms = measure(sock_fd, way);
        if (way->ms > most)
            most = way->ms;
        close(sock_fd);
    }

    /* 3. The longest bar is the longest wait. */
    printf("%-24s %8s\n", "request and answer", "ms");
    for (struct way *way = ways; way < ways + count; way++) {
        char bar[BAR + 1] = "#"; /* as short as it may be, it is there */
        memset(bar, '#', (size_t)(way->ms / most * (double)BAR));
        printf("%-24s %8.3f %s\n", way->name, way->ms, bar);
    }
    return 0;
}

/* The length and the bytes, in one write or in two; then the answer. */
static void exchange(int sock_fd, char *request, size_t bytes, size_t first)
{
    uint32_t length = htonl((uint32_t)bytes);
    memcpy(request, &length, sizeof length);
    if (write_all(sock_fd, request, first) == -1 ||
        write_all(sock_fd, request + first, LENGTH + bytes - first) == -1)
        die("write");

    char answer = '!';
    await_bytes(sock_fd);
    ssize_t count = read(sock_fd, &answer, 1);
    if (count == -1)
        die("read");
    if (count == 0 || answer != '!') {
        fprintf(stderr, "nagle_client: %s\n",
                count == 0 ? "the server left without an answer"
                           : "this is not nagle_server's answer");
        exit(1);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of a few exchanges, in milliseconds. */
static double measure(int sock_fd, const struct way *way)
{
    int segment;
    socklen_t size = sizeof segment;
    if (getsockopt(sock_fd, IPPROTO_TCP, TCP_MAXSEG, &segment, &size) == -1)
        die("getsockopt TCP_MAXSEG");
    size_t bytes = way->bytes, first = LENGTH + bytes;
    if (way->first == A_SEGMENT) {
        first = (size_t)segment;
        bytes += first - LENGTH;
    } else if (way->first != ALL) {
        first = (size_t)way->first;
    }
    char *request = calloc(1, LENGTH + bytes);
    if (!request)
        die("calloc");

    /* A young connection acknowledges at once. Let that phase pass. */
    for (int i = 0; i < WARM_UP; i++)
        exchange(sock_fd, request, SMALL, LENGTH + SMALL);

    double ms[EXCHANGES];
    for (int i = 0; i < EXCHANGES; i++) {
        double start = now_us();
        exchange(sock_fd, request, bytes, first);
        ms[i] = (now_us() - start) / 1e3;
    }
    free(request);
    qsort(ms, EXCHANGES, sizeof ms[0], compare);
    return ms[EXCHANGES / 2];
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "nagle_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("nagle_client: standard output");
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

/* Both as typed; only where least is 0 the system may choose the port. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    struct sockaddr_in *v4 = memset(addr, 0, sizeof *addr);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    long number = strtol(port, NULL, 10);
    int is_port = *port && !port[strspn(port, "0123456789")] &&
                  number >= least && number <= 65535;
    sa_family_t family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    void *bytes = family == AF_INET ? (void *)&v4->sin_addr : &v6->sin6_addr;
    v4->sin_family = family; /* it and the port have one place in both */
    v4->sin_port = htons((uint16_t)number);
    if (is_port && inet_pton(family, ip, bytes) == 1)
        return family == AF_INET ? sizeof *v4 : sizeof *v6;
    fprintf(stderr, "nagle_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* write may take only a part of it. Returns count, or -1. */
static ssize_t write_all(int fd, const char *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t written = write(fd, bytes + done, count - done);
        if (written == -1)
            return -1;
        done += (size_t)written;
    }
    return (ssize_t)count;
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* Microseconds, by a clock that nobody sets. */
static double now_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}
