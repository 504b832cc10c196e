/*
 * many_clients.c - be N clients at once: connect them all, then send on all,
 * then see that each one gets its own bytes back.
 *
 * Calls   N times socket -> connect, then write, then read, then close
 * Try     cc many_clients.c -o many_clients && ./many_clients 127.0.0.1 9190 10
 * See     10 connections, 10 sockets: 3 to 12
 * Pair    echo_server_poll.c in a first terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 30 * 1000 }; /* ms without a byte from the server */
enum { MAX_CLIENTS = 60000, TEXT_SIZE = 80 };

static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static int parse_count(const char *text);
static void raise_descriptor_limit(void);
static size_t compose(char *text, int client, int count);
static void await_bytes(int fd);
static void write_all(int fd, const char *bytes, size_t count);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(stderr, "usage: many_clients ADDRESS PORT N\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], &server_addr);
    int count = parse_count(argv[3]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */
    raise_descriptor_limit();
    int *sock_fds = malloc((size_t)count * sizeof *sock_fds);
    if (!sock_fds)
        die("malloc");

    /* 1. A socket and a handshake for each. All of them stay open. */
    for (int i = 0; i < count; i++) {
        sock_fds[i] = socket(server_addr.ss_family, SOCK_STREAM, 0);
        if (sock_fds[i] == -1)
            die("socket %d of %d", i + 1, count);
        if (connect(sock_fds[i], (struct sockaddr *)&server_addr, addr_len))
            die("connect %s port %s, client %d", argv[1], argv[2], i + 1);
    }
    printf("%d connections, %d sockets: %d to %d\n", count, count, sock_fds[0],
           sock_fds[count - 1]);

    /* 2. Every one says something that no other says. */
    char sent[TEXT_SIZE], received[TEXT_SIZE];
    for (int i = 0; i < count; i++)
        write_all(sock_fds[i], sent, compose(sent, i + 1, count));
    printf("%d messages sent\n", count);

    /* 3. Its own words must come back, in however many pieces. */
    for (int i = 0; i < count; i++) {
        size_t length = compose(sent, i + 1, count), back = 0;
        while (back < length) {
            await_bytes(sock_fds[i]);
            ssize_t got = read(sock_fds[i], received + back, length - back);
            if (got == -1)
                die("read, client %d", i + 1);
            if (got == 0) {
                fprintf(stderr, "many_clients: the server left client %d\n",
                        i + 1);
                return 1;
            }
            back += (size_t)got;
        }
        if (memcmp(sent, received, length) != 0) {
            fprintf(stderr, "many_clients: not what client %d sent\n", i + 1);
            return 1;
        }
    }
    printf("%d echoes came back, to each client its own\n", count);

    /* 4. Until here all of them were connected at the same time. */
    for (int i = 0; i < count; i++)
        close(sock_fds[i]);
    free(sock_fds);
    return 0;
}

/* Both as typed. Returns the length that connect wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "many_clients: not a port (1 to 65535): \"%.40s\"\n",
                port);
        exit(2);
    }
    memset(addr, 0, sizeof *addr);
    struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        return sizeof *v6;
    }
    fprintf(stderr, "many_clients: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

static int parse_count(const char *text)
{
    unsigned long number = strtoul(text, NULL, 10);
    if (text[strspn(text, "0123456789")] || number < 1 ||
        number > MAX_CLIENTS) {
        fprintf(stderr, "many_clients: not a number (1 to %d): \"%.40s\"\n",
                MAX_CLIENTS, text);
        exit(2);
    }
    return (int)number;
}

/* A descriptor is needed for each socket: as many as we may have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* if not, socket will say so */
}

static size_t compose(char *text, int client, int count)
{
    return (size_t)snprintf(text, TEXT_SIZE, "This is client %d of %d.\n",
                            client, count);
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int ready = poll(&wanted, 1, PATIENCE);
    if (ready == 0)
        errno = ETIMEDOUT;
    if (ready != 1)
        die("poll");
}

/* write may take only a part of it. */
static void write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written == -1)
            die("write");
        bytes += written;
        count -= (size_t)written;
    }
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "many_clients: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
