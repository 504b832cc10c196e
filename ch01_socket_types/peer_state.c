/*
 * peer_state.c - what a stream learns of its peer: gone, or gone badly.
 *
 * Calls   socket -> bind -> listen -> connect -> accept, then read and write
 *         at one end after the other end has closed
 * Try     cc peer_state.c -o peer_state && ./peer_state
 * See     read   0: the peer has closed
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 10 * 1000 }; /* ms for what the peer's end must tell */

static volatile sig_atomic_t sigpipes; /* a handler can only reach a global */

static void count_sigpipe(int signal_number);
static void print_read(int fd);
static void print_write(int fd);
static void await(int fd, short events);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: peer_state (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* Uncaught, it would end the program. */
    struct sigaction on_sigpipe = {.sa_handler = count_sigpipe};
    if (sigaction(SIGPIPE, &on_sigpipe, NULL) == -1)
        die("sigaction");
    int our_fd, peer_fd;

    /* 1. The peer closes: its system sends FIN, our read returns 0. */
    connect_pair("127.0.0.1", &our_fd, &peer_fd);
    printf("the peer calls close\n");
    close(peer_fd);
    print_read(our_fd);

    /* 2. FIN says "I send no more", not "I read no more": this one goes. */
    print_write(our_fd);

    /* 3. But nobody is there to read it, and the answer is RST. */
    await(our_fd, 0); /* 0: nothing but an error */
    printf("the peer's system has answered with RST\n");
    print_write(our_fd);
    close(our_fd);

    /* 4. The peer resets: a linger time of 0 makes close send RST. */
    connect_pair("127.0.0.1", &our_fd, &peer_fd);
    printf("another peer resets the connection\n");
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (setsockopt(peer_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once))
        die("setsockopt SO_LINGER");
    close(peer_fd);
    await(our_fd, 0);
    print_read(our_fd);
    print_write(our_fd);
    return 0;
}

static void count_sigpipe(int signal_number)
{
    (void)signal_number;
    sigpipes++;
}

static void print_read(int fd)
{
    await(fd, POLLIN);
    char buffer[100];
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count == -1 && errno != ECONNRESET)
        die("read");
    printf(count == -1 ? "  read  -1: ECONNRESET\n"
                       : "  read   0: the peer has closed\n");
}

static void print_write(int fd)
{
    sigpipes = 0;
    ssize_t count = write(fd, "x", 1);
    if (count == -1 && errno != EPIPE)
        die("write");
    printf(count == -1 ? "  write -1: EPIPE\n" : "  write  1: no error\n");
    if (sigpipes > 0)
        printf("  and the signal SIGPIPE\n");
}

/* An error, or the end of both directions, ends every wait. */
static void await(int fd, short events)
{
    struct pollfd wanted = {.fd = fd, .events = events};
    int ready = poll(&wanted, 1, PATIENCE);
    if (ready == 0)
        errno = ETIMEDOUT;
    if (ready != 1)
        die("poll");
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "peer_state: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("peer_state: standard output");
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
