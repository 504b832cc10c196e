/*
 * poll_says.c - what poll says of a socket, and what a look (MSG_PEEK) at it
 * says: bytes, the end, a reset, no socket.
 *
 * _GNU_SOURCE for POLLRDHUP, which POSIX does not have (Linux, FreeBSD): the
 * other end sends no more, though bytes may still lie in front of the end.
 *
 * Calls   poll, recv with MSG_PEEK, in each state of a connection
 * Try     cc poll_says.c -o poll_says && ./poll_says
 * See     POLLIN alone does not mean bytes; POLLHUP and POLLERR are not asked
 *         for; only POLLRDHUP sees the end behind a byte
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0 /* not on this system */
#endif

enum { PATIENCE = 5000 }; /* ms for a packet to come */

static void say_events(const char *what, int fd, short until);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: poll_says (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    int a_fd, b_fd;
    printf("                           peek  poll\n");

    /* 1. A is ours, B the other end. In the end both have ended. */
    connect_pair("127.0.0.1", &a_fd, &b_fd);
    say_events("nothing has come", a_fd, POLLOUT);
    if (write(b_fd, "x", 1) == -1)
        die("write");
    say_events("a byte has come", a_fd, POLLIN);
    close(b_fd);
    say_events("B has closed behind it", a_fd, POLLRDHUP);
    char byte;
    if (read(a_fd, &byte, 1) == -1)
        die("read");
    say_events("it is read: read gives 0", a_fd, POLLIN);
    if (shutdown(a_fd, SHUT_WR) == -1)
        die("shutdown");
    say_events("and A has ended, too", a_fd, POLLHUP);
    close(a_fd);
    say_events("A is closed: no descriptor", a_fd, POLLNVAL);

    /* 2. With bytes unread close is a reset. */
    connect_pair("127.0.0.1", &a_fd, &b_fd);
    if (write(a_fd, "x", 1) == -1)
        die("write");
    struct pollfd b = {.fd = b_fd, .events = POLLIN};
    if (poll(&b, 1, PATIENCE) == -1)
        die("poll");
    close(b_fd);
    say_events("B has reset: read gives -1", a_fd, POLLERR);
    close(a_fd);

    /* 3. A socket that nobody has connected. */
    a_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (a_fd == -1)
        die("socket");
    say_events("not connected", a_fd, POLLHUP);
    return 0;
}

/* Waits until there is what has been caused; then asks for everything. */
static void say_events(const char *what, int fd, short until)
{
    /* POLLERR, POLLHUP and POLLNVAL come whether asked for or not. */
    const short all = POLLIN | POLLOUT | POLLRDHUP;
    struct pollfd one = {.fd = fd, .events = until & all};
    if (poll(&one, 1, PATIENCE) == -1)
        die("poll");
    one.events = all;
    if (poll(&one, 1, 0) == -1)
        die("poll");

    /* A look takes nothing away; it must not wait where nothing is there. */
    char byte;
    ssize_t peek = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    printf("%-27s%4zd %s%s%s%s%s%s\n", what, peek,
           one.revents & POLLIN ? " POLLIN" : "",
           one.revents & POLLOUT ? " POLLOUT" : "",
           one.revents & POLLRDHUP ? " POLLRDHUP" : "",
           one.revents & POLLERR ? " POLLERR" : "",
           one.revents & POLLHUP ? " POLLHUP" : "",
           one.revents & POLLNVAL ? " POLLNVAL" : "");
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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
    fprintf(stderr, "poll_says: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("poll_says: standard output");
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
