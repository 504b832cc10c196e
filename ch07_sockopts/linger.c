/*
 * linger.c - SO_LINGER: what close does with bytes that find no room.
 *
 * A writes more than B takes, and closes: without SO_LINGER, with 0, and with a
 * time. Then B reads what there is.
 *
 * Calls   socket -> connect -> accept; write, setsockopt, close; read
 * Try     cc linger.c -o linger && ./linger
 * See     a row for each: how long close took, and what B got
 * Pair    none: both ends are in this program
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 10 * 1000, STOPPED = 50 }; /* ms */

static void close_with(int seconds);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static void await_bytes(int fd);
static long long fill_up(int fd);
static long long now_ms(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: linger (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    printf("SO_LINGER  close took  A has written  B has read, and then\n");
    close_with(-1);
    close_with(0);
    close_with(1);
    return 0;
}

/* One connection, one close. */
static void close_with(int seconds)
{
    int a_fd, b_fd;
    connect_pair("127.0.0.1", &a_fd, &b_fd);
    long long written = fill_up(a_fd), took, have = 0;

    /* 1. Off, and close gives its bytes to the system and returns. */
    struct linger linger = {.l_onoff = seconds >= 0, .l_linger = seconds};
    if (setsockopt(a_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == -1)
        die("setsockopt SO_LINGER");

    /* 2. Nobody reads at B, so there is no way to get rid of all of them. */
    took = now_ms();
    close(a_fd);
    took = now_ms() - took;

    /* 3. What has become of them? */
    static char buffer[64 * 1024];
    ssize_t count;
    do {
        await_bytes(b_fd);
        count = read(b_fd, buffer, sizeof buffer);
        have += count > 0 ? count : 0;
    } while (count > 0);
    if (count == -1 && errno != ECONNRESET)
        die("read");
    if (seconds < 0)
        printf("off      ");
    else
        printf("%d s      ", seconds);
    printf("%10.2f s %14lld %11lld, %s\n", (double)took / 1000, written, have,
           count == 0 ? "the end" : "ECONNRESET");
    close(b_fd);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
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
    fprintf(stderr, "linger: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("linger: standard output");
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* Write until nothing more is taken for a while. */
static long long fill_up(int fd)
{
    static const char bytes[64 * 1024];
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    long long taken = 0;
    int blocking = fcntl(fd, F_GETFL), ready = 1;
    if (blocking == -1 || fcntl(fd, F_SETFL, blocking | O_NONBLOCK) == -1)
        die("fcntl");
    while (ready == 1) {
        ssize_t count = write(fd, bytes, sizeof bytes);
        if (count == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
            die("write");
        taken += count > 0 ? count : 0;
        if ((ready = poll(&room, 1, STOPPED)) == -1)
            die("poll");
    }
    if (fcntl(fd, F_SETFL, blocking) == -1) /* or close would not wait */
        die("fcntl");
    return taken;
}

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
