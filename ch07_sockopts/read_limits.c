/*
 * read_limits.c - not to wait for ever: O_NONBLOCK, poll, SO_RCVTIMEO.
 *
 * Nobody sends anything here. A read that waits would never return.
 *
 * Calls   fcntl, read, accept, write; poll; setsockopt, read
 * Try     cc read_limits.c -o read_limits && ./read_limits
 * See     what each call said, and after how long
 * Pair    connect_limits.c does it with connect
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { LIMIT = 200 }; /* ms */

static void tell_result(const char *what, ssize_t result, double start);
static void set_blocking(int fd, int blocking);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static double now_us(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: read_limits (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    int a_fd, b_fd;
    static char bytes[64 * 1024];
    connect_pair("127.0.0.1", &a_fd, &b_fd);

    /* 1. A descriptor that does not block: now or not at all. */
    set_blocking(a_fd, 0);
    double start = now_us();
    tell_result("O_NONBLOCK, read", read(a_fd, bytes, sizeof bytes), start);

    /* 2. write takes what there is room for, and so does the next one. */
    ssize_t taken = 0, count;
    start = now_us();
    while ((count = write(a_fd, bytes, sizeof bytes)) > 0)
        taken += count;
    int error = errno;
    tell_result("O_NONBLOCK, write, all together", taken, start);
    errno = error;
    tell_result("O_NONBLOCK, write, one more", count, start);

    /* 3. poll waits for us, as long as we say: 0 descriptors are ready. */
    set_blocking(a_fd, 1);
    struct pollfd wanted = {.fd = a_fd, .events = POLLIN};
    start = now_us();
    tell_result("poll, 200 ms", poll(&wanted, 1, LIMIT), start);

    /* 4. Or the call itself gives up. The option stays, for every read. */
    struct timeval limit = {.tv_usec = LIMIT * 1000};
    if (setsockopt(a_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1)
        die("setsockopt SO_RCVTIMEO");
    start = now_us();
    tell_result("SO_RCVTIMEO, 200 ms, read", read(a_fd, bytes, sizeof bytes),
                start);
    return 0;
}

/* What it returned, and after how long. */
static void tell_result(const char *what, ssize_t result, double start)
{
    if (result == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
        die("%s", what);
    const char *error = result == -1 ? "  EAGAIN" : "";
    printf("%-31s %9zd%-8s %7.2f ms\n", what, result, error,
           (now_us() - start) / 1e3);
}

static void set_blocking(int fd, int blocking)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags == -1 ||
        fcntl(fd, F_SETFL,
              blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "read_limits: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("read_limits: standard output");
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

/* Microseconds, by a clock that nobody sets. */
static double now_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}
