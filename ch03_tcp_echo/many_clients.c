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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 30 * 1000 }; /* ms without a byte from the server */
enum { MAX_CLIENTS = 60000, TEXT_SIZE = 80 };

static size_t compose(char *text, int client, int count);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static int connect_to(int type, const char *ip, const char *port);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static size_t read_all(int fd, char *bytes, size_t count);
static void allow_more_sockets(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 4) {
        fprintf(stderr, "usage: many_clients ADDRESS PORT N\n");
        return 2;
    }
    int count = (int)parse_number(argv[3], 1, MAX_CLIENTS, "number");
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */
    allow_more_sockets();
    int *sock_fds = malloc((size_t)count * sizeof *sock_fds);
    if (!sock_fds)
        die("malloc");

    /* 1. A socket and a handshake for each. All of them stay open. */
    for (int i = 0; i < count; i++)
        sock_fds[i] = connect_to(SOCK_STREAM, argv[1], argv[2]);
    printf("%d connections, %d sockets: %d to %d\n", count, count, sock_fds[0],
           sock_fds[count - 1]);

    /* 2. Every one says something that no other says. */
    char sent[TEXT_SIZE], received[TEXT_SIZE];
    for (int i = 0; i < count; i++)
        if (write_all(sock_fds[i], sent, compose(sent, i + 1, count)) == -1)
            die("write");
    printf("%d messages sent\n", count);

    /* 3. Its own words must come back, in however many pieces. */
    for (int i = 0; i < count; i++) {
        size_t length = compose(sent, i + 1, count);
        if (read_all(sock_fds[i], received, length) < length) {
            fprintf(stderr, "many_clients: the server left client %d\n", i + 1);
            return 1;
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

static size_t compose(char *text, int client, int count)
{
    return (size_t)snprintf(text, TEXT_SIZE, "This is client %d of %d.\n",
                            client, count);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/resource.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "many_clients: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("many_clients: standard output");
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
    fprintf(stderr, "many_clients: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "many_clients: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
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

/* One write may arrive in many pieces: collect count bytes, as echo_client.c
 * of chapter 3 does. Fewer only if the other end has ended. */
static size_t read_all(int fd, char *bytes, size_t count)
{
    size_t have = 0;
    ssize_t more = 1;
    while (have < count && more > 0) {
        await_bytes(fd);
        more = read(fd, bytes + have, count - have);
        if (more == -1)
            die("read");
        have += (size_t)more;
    }
    return have;
}

/* Each socket needs a descriptor: take as many as we may have. */
static void allow_more_sockets(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* if not, who wants one will say so */
}
