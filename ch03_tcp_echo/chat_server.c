/*
 * chat_server.c - what one client says, all the others get. TCP has no
 * broadcast: the server writes to each of them.
 *
 * Calls   socket -> bind -> listen -> poll -> accept, read/write -> close
 * Try     cc chat_server.c -o chat_server && ./chat_server 9190
 * See     listening on 127.0.0.1:9190
 * Pair    talk_client.c, two or more
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { MOST = 1000 }; /* sockets; who does not fit stays in the waiting room */

/* polled[0] is the doorkeeper; names[i] talks through polled[i]. */
static struct pollfd polled[MOST];
static char names[MOST][NAME_SIZE];
static nfds_t used;

static int pass_on(nfds_t from);
static void welcome(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void name_address(const struct sockaddr_storage *addr, char *name);
static int listen_at(const char *ip, const char *port);
static ssize_t write_all(int fd, const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: chat_server [ADDRESS] PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* who has left is write's error only */

    /* 1. The doorkeeper. accept is to say EAGAIN rather than wait. */
    polled[0].fd = listen_at(argc == 3 ? argv[1] : "127.0.0.1", argv[argc - 1]);
    if (fcntl(polled[0].fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    for (used = 1;;) {
        /* 2. Wait for whoever speaks, or comes. */
        polled[0].events = used < MOST ? POLLIN : 0;
        if (poll(polled, used, -1) == -1) {
            perror("chat_server: poll");
            poll(NULL, 0, 100); /* breathe, do not spin */
            continue;
        }

        /* 3. Backwards: who goes leaves its place to one that had its turn. */
        for (nfds_t i = used - 1; i > 0; i--) {
            int there = polled[i].revents ? pass_on(i) : 1;
            if (there == 1)
                continue;
            printf("%s %s\n", names[i], there ? strerror(errno) : "has left");
            close(polled[i].fd);
            polled[i] = polled[--used];
            memmove(names[i], names[used], NAME_SIZE);
        }
        if (polled[0].revents)
            welcome();
    }
}

/* What one says, to all others. Returns 0 when it says no more, or -1. */
static int pass_on(nfds_t from)
{
    char text[1024];
    ssize_t count = read(polled[from].fd, text, sizeof text);
    if (count <= 0)
        return (int)count;
    for (nfds_t i = 1; i < used; i++) {
        if (i == from || !polled[i].events ||
            write_all(polled[i].fd, text, (size_t)count) == count)
            continue;
        /* Who does not read has no room one day. Nobody waits: out with it. */
        printf("%s takes no more: %s\n", names[i], strerror(errno));
        polled[i].events = 0;
        if (shutdown(polled[i].fd, SHUT_RDWR) == -1)
            perror("chat_server: shutdown");
    }
    return 1;
}

static void welcome(void)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = sizeof addr;
    int conn_fd = accept(polled[0].fd, (struct sockaddr *)&addr, &addr_len);
    if (conn_fd == -1 || fcntl(conn_fd, F_SETFL, O_NONBLOCK) == -1) {
        perror("chat_server: accept");
        poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
        if (conn_fd != -1)
            close(conn_fd);
        return;
    }
    polled[used] = (struct pollfd){.fd = conn_fd, .events = POLLIN};
    name_address(&addr, names[used]);
    printf("%s has come (fd %d)\n", names[used++], conn_fd);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "chat_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("chat_server: standard output");
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
    fprintf(stderr, "chat_server: not ");
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
