/*
 * nagle_server.c - take whole requests, answer each with one byte.
 *
 * A request is its length (4 bytes, network order) and that many bytes. -n sets
 * TCP_NODELAY at this end.
 *
 * Calls   socket -> bind -> listen -> accept -> read/write -> close
 * Try     cc nagle_server.c -o nagle_server && ./nagle_server 9190
 * See     listening on 127.0.0.1:9190
 * Pair    nagle_client.c in a second terminal measures how long that takes
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static int read_request(int fd);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int listen_at(const char *ip, const char *port);
static int accept_next(int listen_fd, char *name);

int main(int argc, char *argv[])
{
    standard_streams();
    int nodelay = argc > 1 && strcmp(argv[1], "-n") == 0;
    argc -= nodelay;
    argv += nodelay;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: nagle_server [-n] [ADDRESS] PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. A doorkeeper at our address. */
    int listen_fd = listen_at(argc > 2 ? argv[1] : "127.0.0.1", argv[argc - 1]);
    if (setsockopt(listen_fd, IPPROTO_TCP, TCP_NODELAY, &nodelay,
                   sizeof nodelay) == -1) /* what it accepts inherits that */
        die("setsockopt TCP_NODELAY");
    if (nodelay)
        printf("TCP_NODELAY is on\n");
    for (;;) {
        /* 2. Block until a connection is there. It has a socket of its own. */
        char name[NAME_SIZE];
        int conn_fd = accept_next(listen_fd, name);

        /* 3. Not a byte of an answer before the request is complete. */
        int requests = 0, state;
        while ((state = read_request(conn_fd)) == 1) {
            if (write(conn_fd, "!", 1) == -1)
                break;
            requests++;
        }
        if (state == 0)
            printf("%s closed after %d requests\n", name, requests);
        else
            printf("%s lost after %d requests: %s\n", name, requests,
                   strerror(errno));

        /* 4. End our half, too. The doorkeeper stays. */
        close(conn_fd);
    }
}

/* 1: a whole request has come, 0: the client is done, -1: see errno. */
static int read_request(int fd)
{
    static char buffer[256 * 1024];
    uint32_t length;
    ssize_t count;
    for (size_t have = 0; have < sizeof length; have += (size_t)count) {
        count = read(fd, (char *)&length + have, sizeof length - have);
        if (count == 0 && have == 0)
            return 0;
        if (count == 0)
            errno = EBADMSG; /* it ended in the middle */
        if (count <= 0)
            return -1;
    }
    for (uint32_t left = ntohl(length); left > 0; left -= (uint32_t)count) {
        count = read(fd, buffer, left < sizeof buffer ? left : sizeof buffer);
        if (count == 0)
            errno = EBADMSG;
        if (count <= 0)
            return -1;
    }
    return 1;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
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
    fprintf(stderr, "nagle_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("nagle_server: standard output");
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
    fprintf(stderr, "nagle_server: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    int is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, NAME_SIZE, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}

/* Why bind refused, and what its words do not say. */
static _Noreturn void cannot_bind(const char *name)
{
    die("bind %s%s", name,
        errno == EACCES          ? ": ports below 1024 are root's"
        : errno == EADDRNOTAVAIL ? ": not an address of this computer"
                                 : "");
}

/* The doorkeeper: socket, bind and listen, which echo_server.c of chapter 3
 * shows one by one. Port 0 is the system's choice; the line says which. */
static int listen_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int listen_fd = socket(addr.ss_family, SOCK_STREAM, 0), on = 1;
    if (listen_fd == -1)
        die("socket");
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("listening on %s\n", name);
    return listen_fd;
}

/* accept, which echo_server.c of chapter 3 shows, and the client's name. */
static int accept_next(int listen_fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    int fd;
    while ((fd = accept(listen_fd, (struct sockaddr *)&addr, &size)) == -1) {
        perror("nagle_server: accept");
        poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
    }
    name_address(&addr, name);
    return fd;
}
