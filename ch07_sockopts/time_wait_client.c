/*
 * time_wait_client.c - close before the server does, or after it.
 *
 * OWN_PORT: from a port that we choose, and not the system.
 *
 * Calls   socket -> connect -> shutdown -> read -> close
 * Try     cc time_wait_client.c -o time_wait_client
 *         ./time_wait_client 127.0.0.1 9190
 * See     connected from 127.0.0.1:54321; Enter closes first
 * Pair    time_wait_server.c in a first terminal; what_is_left.c afterwards
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5 * 60 * 1000 }; /* ms without a byte from the server */
enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void cannot_bind(const char *name);
static void await_bytes(int fd);
static void wait_for_enter(void);
static int enter_comes_first(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: time_wait_client ADDRESS PORT [OWN_PORT]\n");
        return 2;
    }
    struct sockaddr_storage server_addr, client_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);
    int ipv4 = server_addr.ss_family == AF_INET;
    if (argc == 4)
        parse_address(ipv4 ? "0.0.0.0" : "::", argv[3], 1, &client_addr);
    char client_name[NAME_SIZE];

    /* 1. A socket of the server's kind. It has no address yet, unless we give
     *    it one. */
    int sock_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (argc == 4 && bind(sock_fd, (struct sockaddr *)&client_addr, addr_len))
        cannot_bind(argv[3]);

    /* 2. The handshake. It also gives this end an address and a port. */
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);
    addr_len = sizeof client_addr;
    if (getsockname(sock_fd, (struct sockaddr *)&client_addr, &addr_len))
        die("getsockname");
    name_address(&client_addr, client_name);
    printf("connected from %s; Enter closes first\n", client_name);

    /* 3. Close first, or be the second. The end of both: read returns 0. */
    int first = enter_comes_first(sock_fd);
    if (first) {
        printf("closing first\n");
        if (shutdown(sock_fd, SHUT_WR) == -1)
            die("shutdown");
    }
    char ignored[4096];
    ssize_t count;
    do {
        await_bytes(sock_fd);
        count = read(sock_fd, ignored, sizeof ignored);
    } while (count > 0);
    if (count == -1)
        die("read");
    printf("the server has closed%s\n", first ? "" : "; Enter closes, too");
    if (!first)
        wait_for_enter();

    /* 4. No descriptor is left now. Is anything else? */
    close(sock_fd);
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
    fprintf(stderr, "time_wait_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("time_wait_client: standard output");
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
    fprintf(stderr, "time_wait_client: not ");
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}

/* Enter at this end before anything, or the end, from the other one? */
static int enter_comes_first(int fd)
{
    struct pollfd wanted[] = {{.fd = fd, .events = POLLIN},
                              {.fd = STDIN_FILENO, .events = POLLIN}};
    if (poll(wanted, 2, -1) == -1)
        die("poll");
    if (wanted[0].revents != 0)
        return 0;
    wait_for_enter(); /* what was typed is not left to the shell */
    return 1;
}
