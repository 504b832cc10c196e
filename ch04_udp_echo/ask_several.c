/*
 * ask_several.c - a client with one socket, and several servers at a time.
 *
 * No connection, so no socket for each: sendto says whom it asks, recvfrom
 * says who answers, in whatever order the answers come. (Whoever answers is
 * counted; udp_echo_client.c looks closer.)
 *
 * Calls   socket -> sendto for each server -> recvfrom for each answer
 * Try     cc ask_several.c -o ask_several
 *         ./ask_several 127.0.0.1 9190 9191
 * See     asked 127.0.0.1:9190 from port 54321
 * Pair    udp_echo_server.c, late_server.c
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

enum {
    NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535",
    PATIENCE = 20 * 1000, /* ms for the next answer: somebody presses Enter */
};

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static void await_bytes(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc < 3) {
        fprintf(stderr, "usage: ask_several ADDRESS PORT...\n");
        return 2;
    }
    struct sockaddr_storage addr;
    socklen_t addr_len = 0;
    for (int i = 2; i < argc; i++) /* none is asked if one is wrong */
        addr_len = parse_address(argv[1], argv[i], 1, &addr);
    char name[NAME_SIZE];

    /* 1. One socket, for all of them. */
    int sock_fd = socket(addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. The question goes to one after the other. Nobody has answered. */
    for (int i = 2; i < argc; i++) {
        addr_len = parse_address(argv[1], argv[i], 1, &addr);
        name_address(&addr, name);
        if (sendto(sock_fd, "hello", 5, 0, (struct sockaddr *)&addr,
                   addr_len) == -1)
            die("sendto %s", name);
        printf("asked %s\n", name);
    }

    /* 3. As many answers. Only the address tells who it is that answers. */
    for (int answers = 0; answers < argc - 2; answers++) {
        char text[100];
        addr_len = sizeof addr;
        await_bytes(sock_fd);
        ssize_t count = recvfrom(sock_fd, text, sizeof text, 0,
                                 (struct sockaddr *)&addr, &addr_len);
        if (count == -1)
            die("recvfrom");
        name_address(&addr, name);
        printf("%s answers, %zd bytes\n", name, count);
    }
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
    fprintf(stderr, "ask_several: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("ask_several: standard output");
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
    fprintf(stderr, "ask_several: not ");
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}
