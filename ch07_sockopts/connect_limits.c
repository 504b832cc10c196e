/*
 * connect_limits.c - a connect that does not wait for ever.
 *
 * Where it does not block, connect only begins; poll tells when it is over, and
 * SO_ERROR how. Who does not answer is a full waiting room.
 *
 * Calls   socket, fcntl, connect, poll, getsockopt; setsockopt, connect
 * Needs   Linux: elsewhere a full room may answer, and SO_SNDTIMEO not count
 * Try     cc connect_limits.c -o connect_limits && ./connect_limits
 * See     what became of each attempt, and after how long
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { LIMIT = 200 }; /* ms */

static int listen_here(int backlog, struct sockaddr_in *addr);
static void try_with_poll(const char *who, const struct sockaddr_in *addr);
static int new_socket(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static double now_us(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: connect_limits (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    struct sockaddr_in there, nobody, silent;
    listen_here(SOMAXCONN, &there);
    close(listen_here(0, &nobody));
    listen_here(0, &silent);
    if (connect(new_socket(), (struct sockaddr *)&silent, sizeof silent) == -1)
        die("connect"); /* the room has one place */
    try_with_poll("somebody is there", &there);
    try_with_poll("nobody is there", &nobody);
    try_with_poll("no answer", &silent);
    int fd = new_socket();
    struct timeval limit = {.tv_usec = LIMIT * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == -1)
        die("setsockopt SO_SNDTIMEO");
    double start = now_us();
    if (connect(fd, (struct sockaddr *)&silent, sizeof silent) == 0 ||
        errno != EINPROGRESS)
        die("connect");
    printf("SO_SNDTIMEO        connect -1 %s, after %.2f ms\n", strerror(errno),
           (now_us() - start) / 1e3);
    return 0;
}

static void try_with_poll(const char *who, const struct sockaddr_in *addr)
{
    int fd = new_socket(), error = 0;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    double start = now_us();
    int begun = connect(fd, (const struct sockaddr *)addr, sizeof *addr);
    printf("%-18s connect %d %s", who, begun,
           begun == -1 ? strerror(errno) : "");
    if (begun == -1 && errno != EINPROGRESS)
        die("connect");
    struct pollfd done = {.fd = fd, .events = POLLOUT};
    int ready = poll(&done, 1, LIMIT);
    socklen_t size = sizeof error;
    if (ready == -1 ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        die("poll or getsockopt SO_ERROR");
    const char *how = ready == 0 ? "given up" : strerror(error);
    printf("; poll %d; %s, after %.2f ms\n", ready,
           ready == 1 && error == 0 ? "connected" : how,
           (now_us() - start) / 1e3);
    close(fd); /* also the way to give up */
}

static int listen_here(int backlog, struct sockaddr_in *addr)
{
    int fd = new_socket();
    socklen_t size = sizeof *addr;
    memset(addr, 0, sizeof *addr);
    addr->sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &addr->sin_addr);
    if (bind(fd, (struct sockaddr *)addr, size) == -1 ||
        listen(fd, backlog) == -1 ||
        getsockname(fd, (struct sockaddr *)addr, &size) == -1)
        die("bind, listen or getsockname");
    return fd;
}

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        die("socket");
    return fd;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "connect_limits: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("connect_limits: standard output");
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

/* Microseconds, by a clock that nobody sets. */
static double now_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}
