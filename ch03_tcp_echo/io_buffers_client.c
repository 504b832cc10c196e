/*
 * io_buffers_client.c - write more than a server reads; Enter tells how much
 * went in. It is write that stops: nothing overflows, nothing is lost.
 *
 * Calls   socket -> connect -> poll/write -> shutdown -> read -> close
 * Try     cc io_buffers_client.c -o io_buffers_client
 *         ./io_buffers_client 127.0.0.1 9190
 * See     100000000 bytes to write; Enter tells how many went in
 * Pair    io_buffers_server.c in a first terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5 * 60 * 1000 }; /* ms in which nothing at all happens */
enum { TOTAL = 100 * 1000 * 1000, PERIOD = 251 };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int connect_to(int type, const char *ip, const char *port);
static void await_bytes(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: io_buffers_client ADDRESS PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. A connection. */
    int sock_fd = connect_to(SOCK_STREAM, argv[1], argv[2]);
    printf("%d bytes to write; Enter tells how many went in\n", TOTAL);

    /* 2. From here on a full buffer is an error, EAGAIN, where write would
     *    have to wait for room. poll waits instead: for room or for Enter. */
    if (fcntl(sock_fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    static unsigned char pattern[PERIOD * 1000 + PERIOD];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (unsigned char)(i % PERIOD);

    /* 3. write returns when the output buffer has the bytes: copied, not
     *    sent, let alone read. It takes what there is room for. */
    int written = 0, calls = 0;
    struct pollfd wanted[] = {{.fd = sock_fd, .events = POLLOUT},
                              {.fd = STDIN_FILENO, .events = POLLIN}};
    while (written < TOTAL) {
        errno = ETIMEDOUT; /* unless poll itself fails, and says why */
        if (poll(wanted, 2, PATIENCE) < 1)
            die("poll");
        if (wanted[0].revents != 0) {
            int left = TOTAL - written;
            ssize_t count =
                write(sock_fd, pattern + written % PERIOD,
                      (size_t)(left < PERIOD * 1000 ? left : PERIOD * 1000));
            if (count == -1 && errno != EAGAIN)
                die("write");
            if (count > 0) {
                written += (int)count;
                calls++;
            }
        } else { /* what was typed, or the end of input */
            char line[256];
            ssize_t count = read(STDIN_FILENO, line, sizeof line);
            if (count == -1)
                die("read standard input");
            if (count == 0)
                wanted[1].fd = -1; /* nobody asks any more */
            else
                printf("%d bytes written; the next write has to wait\n",
                       written);
        }
    }
    printf("%d bytes written, all of them, in %d calls\n", written, calls);

    /* 4. End our half. The server ends its own when it has read all. */
    if (shutdown(sock_fd, SHUT_WR) == -1)
        die("shutdown");
    await_bytes(sock_fd);
    char none;
    ssize_t count = read(sock_fd, &none, sizeof none);
    if (count == -1)
        die("read");
    printf(count == 0 ? "the server has ended its half, too\n"
                      : "the server does not end, it says something\n");
    close(sock_fd);
    return 0;
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
    fprintf(stderr, "io_buffers_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("io_buffers_client: standard output");
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
    fprintf(stderr, "io_buffers_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* socket and connect, which echo_client.c of chapter 3 shows. */
static int connect_to(int type, const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 1, &addr);
    int sock_fd = socket(addr.ss_family, type, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect %s port %s", ip, port);
    return sock_fd;
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}
