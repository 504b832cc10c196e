/*
 * echo_bench.c - measure any TCP echo server, one JSON line a measurement.
 *
 * Try     echo_bench [-1] ADDRESS PORT
 *         -1: the server takes one client at a time, so leave out what needs
 *         several that stay
 * See     {"measure":"round trip, 64 B","unit":"us","value":15.2,...}
 *
 * "value" is a median where there are many; "worst" is the largest seen.
 */
#define _DEFAULT_SOURCE /* setrlimit beyond POSIX's soft limits, MSG_DONTWAIT  \
                         */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 10 * 1000 }; /* ms without progress */
enum { CHUNK = 256 * 1024, MOST = 5000 };

static struct sockaddr_storage server_addr;
static socklen_t addr_len;
static char chunk[CHUNK];

static void parse_address(const char *ip, const char *port);
static int open_connection(void);
static void exchange(int fd, long long size);
static void read_end(int fd, long long size);
static double now(void);
static void round_trips(const char *measure, long long size, int times);
static void throughput(void);
static void connections(int times);
static void at_once(int count);
static void with_idle(int count);
static void report(const char *measure, const char *unit, double *values,
                   int count);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    int one_client = argc > 1 && strcmp(argv[1], "-1") == 0;
    argc -= one_client;
    argv += one_client;
    if (argc != 3) {
        fprintf(stderr, "usage: echo_bench [-1] ADDRESS PORT\n");
        return 2;
    }
    parse_address(argv[1], argv[2]);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }

    round_trips("round trip, 64 B", 64, 10000);
    throughput();

    /* Around every power of 4, and around what fits a segment or a buffer. */
    static const int sizes[] = {
        1,      4,      16,     64,     256,    1024,    4096,   16384,  16385,
        32741,  32768,  32769,  65483,  65484,  65536,   65537,  131072, 131073,
        200000, 262144, 262145, 500000, 786433, 1000000, 1048576};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char measure[40];
        snprintf(measure, sizeof measure, "message, %d B", sizes[i]);
        round_trips(measure, sizes[i], 40);
    }
    connections(1000);
    at_once(500);
    if (!one_client) {
        with_idle(10);
        with_idle(100);
        with_idle(1000);
        with_idle(MOST);
    }
    return 0;
}

/* One connection, one message after the other. */
static void round_trips(const char *measure, long long size, int times)
{
    double *us = calloc((size_t)times, sizeof *us);
    if (!us)
        die("calloc");
    int fd = open_connection();
    for (int i = 0; i < 20; i++) /* the connection's youth does not count */
        exchange(fd, size);
    for (int i = 0; i < times; i++) {
        double start = now();
        exchange(fd, size);
        us[i] = (now() - start) * 1e6;
    }
    close(fd);
    report(measure, "us", us, times);
    free(us);
}

/* One connection, both directions full all the time. */
static void throughput(void)
{
    const long long size = 256LL * 1000 * 1000;
    int fd = open_connection();
    exchange(fd, size / 8);
    double start = now();
    exchange(fd, size);
    double rate = (double)size / 1e6 / (now() - start);
    close(fd);
    report("throughput", "MB/s", &rate, 1);
}

/* Connect, one small message, close; and again. */
static void connections(int times)
{
    double start = now();
    for (int i = 0; i < times; i++) {
        int fd = open_connection();
        exchange(fd, 64);
        close(fd);
    }
    double rate = times / (now() - start);
    report("connections", "1/s", &rate, 1);
}

/* Everybody comes at once, with 1 KB each, and leaves when it is back. */
static void at_once(int count)
{
    static int fds[MOST];
    double start = now();
    for (int i = 0; i < count; i++) {
        fds[i] = open_connection();
        if (send(fds[i], chunk, 1024, 0) != 1024)
            die("send");
        if (shutdown(fds[i], SHUT_WR) == -1)
            die("shutdown");
    }
    for (int i = 0; i < count; i++) {
        read_end(fds[i], 1024);
        close(fds[i]);
    }
    double ms = (now() - start) * 1e3;
    char measure[40];
    snprintf(measure, sizeof measure, "%d clients at once", count);
    report(measure, "ms", &ms, 1);
}

/* Small messages on one connection, while others are open and silent. */
static void with_idle(int count)
{
    static int fds[MOST];
    for (int i = 0; i < count; i++) {
        fds[i] = open_connection();
        exchange(fds[i], 1); /* the server has really taken it */
    }
    char measure[40];
    snprintf(measure, sizeof measure, "round trip, %d idle", count);
    round_trips(measure, 64, 1000);
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

static int open_connection(void)
{
    int fd = socket(server_addr.ss_family, SOCK_STREAM, 0), on = 1;
    if (fd == -1)
        die("socket");
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1)
        die("setsockopt TCP_NODELAY");
    struct timeval patience = {.tv_sec = PATIENCE / 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience))
        die("setsockopt SO_RCVTIMEO");
    if (connect(fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect");
    return fd;
}

/* Send that many bytes and take as many, both at the same time. */
static void exchange(int fd, long long size)
{
    long long sent = 0, received = 0;
    static char back[CHUNK];
    while (received < size) {
        int flags = sent < size ? MSG_DONTWAIT : 0, moved = 0;
        if (sent < size) {
            size_t most = size - sent < CHUNK ? (size_t)(size - sent) : CHUNK;
            ssize_t count = send(fd, chunk, most, MSG_DONTWAIT);
            if (count == -1 && errno != EAGAIN)
                die("send");
            if (count > 0) {
                sent += count;
                moved = 1;
            }
            if (sent == size)
                flags = 0; /* nothing left to do but wait for it */
        }
        ssize_t count = recv(fd, back, CHUNK, flags);
        if (count == 0)
            errno = ECONNRESET;
        if (count == 0 || (count == -1 && errno != EAGAIN))
            die("recv");
        if (count > 0)
            received += count;
        else if (!moved) {
            struct pollfd either = {.fd = fd, .events = POLLIN | POLLOUT};
            int ready = poll(&either, 1, PATIENCE);
            if (ready == 0)
                errno = ETIMEDOUT;
            if (ready != 1)
                die("poll");
        }
    }
    if (received != size) {
        fprintf(stderr, "echo_bench: more came back than was sent\n");
        exit(1);
    }
}

static void read_end(int fd, long long size)
{
    static char back[CHUNK];
    ssize_t count;
    while ((count = recv(fd, back, CHUNK, 0)) > 0)
        size -= count;
    if (count == -1)
        die("recv");
    if (size != 0) {
        fprintf(stderr, "echo_bench: not what was sent came back\n");
        exit(1);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *measure, const char *unit, double *values,
                   int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    printf("{\"measure\":\"%s\",\"unit\":\"%s\",\"value\":%.1f", measure, unit,
           values[count / 2]);
    if (count > 1)
        printf(",\"p99\":%.1f,\"worst\":%.1f", values[count * 99 / 100],
               values[count - 1]);
    printf("}\n");
}

/* Seconds, from a clock that nobody sets. */
static double now(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
        die("clock_gettime");
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void parse_address(const char *ip, const char *port)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "echo_bench: not a port (1 to 65535): \"%.40s\"\n",
                port);
        exit(2);
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)&server_addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server_addr;
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        addr_len = sizeof *v4;
    } else if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        addr_len = sizeof *v6;
    } else {
        fprintf(stderr, "echo_bench: not an IP address: \"%.40s\"\n", ip);
        exit(2);
    }
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "echo_bench: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
