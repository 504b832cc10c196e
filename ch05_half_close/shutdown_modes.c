/*
 * shutdown_modes.c - SHUT_RD, SHUT_WR, SHUT_RDWR: what read and write then do.
 *
 * One connection for each mode, both ends in this program. A calls shutdown,
 * B does not. Each end writes 4 bytes and the other reads, before and after.
 *
 * Calls   socket -> bind -> listen -> connect -> accept; shutdown; write, read
 * Try     cc shutdown_modes.c -o shutdown_modes && ./shutdown_modes
 * See     a table of what the calls returned, or their error by name
 * Pair    file_server.c, which uses the second mode
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 1000 }; /* ms for what is to arrive on this computer */

static void write_cell(int from_fd, int to_fd);
static void read_cell(int fd);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: shutdown_modes (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* let write say EPIPE */
    static const char *const names[] = {"SHUT_RD", "SHUT_WR", "SHUT_RDWR"};
    static const int hows[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
    printf("            A reads A writes  B reads "
           "B writes  A reads B writes  A reads\n");
    for (int i = 0; i < 3; i++) {
        /* 1. A new connection: both directions are open. */
        int a_fd, b_fd;
        connect_pair("127.0.0.1", &a_fd, &b_fd);
        if (fcntl(a_fd, F_SETFL, O_NONBLOCK) == -1 ||
            fcntl(b_fd, F_SETFL, O_NONBLOCK) == -1)
            die("fcntl O_NONBLOCK"); /* a read that would wait says so */
        for (int after = 0; after <= 1; after++) {
            /* 2. A ends one direction, or both. B can only find out. */
            if (after && shutdown(a_fd, hows[i]) == -1)
                die("shutdown %s", names[i]);

            /* 3. Seven calls, from left to right. */
            printf("%-10s", after ? names[i] : "before");
            read_cell(a_fd); /* nothing has been sent */
            write_cell(a_fd, b_fd);
            read_cell(b_fd);
            write_cell(b_fd, a_fd);
            read_cell(a_fd);
            write_cell(b_fd, a_fd);
            read_cell(a_fd);
            putchar('\n');
        }
        close(a_fd);
        close(b_fd);
    }
    printf("wait: read would block. RESET: ECONNRESET\n");
    return 0;
}

/* What the call returned, or the name of its error. */
static void print_cell(ssize_t result)
{
    if (result >= 0)
        printf("%9zd", result);
    else
        printf("%9s", errno == EPIPE                            ? "EPIPE"
                      : errno == ECONNRESET                     ? "RESET"
                      : errno == EAGAIN || errno == EWOULDBLOCK ? "wait"
                                                                : "error");
}

/* Write 4 bytes; go on when they are there, or were answered by a reset. */
static void write_cell(int from_fd, int to_fd)
{
    ssize_t sent = write(from_fd, "ping", 4);
    print_cell(sent);
    struct pollfd reset = {.fd = from_fd};
    int arrived = 0;
    for (int i = 0; sent == 4 && arrived == 0 && i < PATIENCE; i++) {
        if (ioctl(to_fd, FIONREAD, &arrived) == -1)
            die("ioctl FIONREAD");
        if (arrived == 0 && poll(&reset, 1, 1) == -1)
            die("poll");
        if (reset.revents & POLLERR)
            break;
    }
}

/* Read, and do not block: "wait" is where read would have. */
static void read_cell(int fd)
{
    char bytes[4];
    print_cell(read(fd, bytes, sizeof bytes));
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <netinet/in.h>
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
    fprintf(stderr, "shutdown_modes: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("shutdown_modes: standard output");
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
