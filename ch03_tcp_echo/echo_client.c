/*
 * echo_client.c - send what is typed or piped, print what comes back.
 *
 * Calls   socket -> connect -> write/read -> shutdown -> close
 * Try     cc echo_client.c -o echo_client && ./echo_client 127.0.0.1 9190
 *         ./echo_client 127.0.0.1 9190 < echo_client.c > copy
 * See     each line once more; Ctrl-D ends the conversation
 * Pair    echo_server.c in a first terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5 * 60 * 1000 }; /* ms without a byte from the server */

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: echo_client ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. A socket of the server's kind. It has no address yet. */
    int sock_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. The handshake. It also gives this end an address and a port. */
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);

    /* 3. A terminal hands over a line at a time, a pipe what it holds. */
    char sent[16 * 1024], received[sizeof sent];
    ssize_t count;
    while ((count = read(STDIN_FILENO, sent, sizeof sent)) > 0) {
        size_t length = (size_t)count;
        if (write_all(sock_fd, sent, length) == -1)
            die("write");

        /* 4. One write may come back in many pieces: collect them all. */
        for (size_t back = 0; back < length; back += (size_t)count) {
            await_bytes(sock_fd);
            count = read(sock_fd, received + back, length - back);
            if (count == -1)
                die("read");
            if (count == 0) {
                fprintf(stderr,
                        "echo_client: the server left after %zu of "
                        "%zu bytes\n",
                        back, length);
                return 1;
            }
        }
        if (memcmp(sent, received, length) != 0) {
            fprintf(stderr, "echo_client: these are not the bytes sent\n");
            return 1;
        }
        if (write_all(STDOUT_FILENO, received, length) == -1)
            die("write standard output");
    }
    if (count == -1)
        die("read standard input");

    /* 5. End our half. The server reads 0, ends the other, and we read 0. */
    if (shutdown(sock_fd, SHUT_WR) == -1)
        die("shutdown");
    await_bytes(sock_fd);
    count = read(sock_fd, received, sizeof received);
    if (count == -1)
        die("read");
    if (count > 0) {
        fprintf(stderr, "echo_client: the server sent more than it got\n");
        return 1;
    }
    close(sock_fd);
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
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
    fprintf(stderr, "echo_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("echo_client: standard output");
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
    fprintf(stderr, "echo_client: not ");
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
