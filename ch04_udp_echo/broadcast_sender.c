/*
 * broadcast_sender.c - one datagram to everybody in a network, if allowed.
 *
 * Calls   socket -> setsockopt (with -b) -> sendto -> close
 * Try     cc broadcast_sender.c -o broadcast_sender
 *         ./broadcast_sender -b 127.255.255.255 9190 hello
 * See     sent 5 bytes to everybody at 127.255.255.255:9190
 * Pair    udp_echo_server.c, bound to 0.0.0.0
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);

int main(int argc, char *argv[])
{
    standard_streams();
    int allowed = argc == 5 && strcmp(argv[1], "-b") == 0;
    if (argc != 4 + allowed) {
        fprintf(stderr, "usage: broadcast_sender [-b] ADDRESS PORT TEXT\n");
        return 2;
    }
    const char *ip = argv[1 + allowed], *port = argv[2 + allowed];
    const char *text = argv[3 + allowed];
    struct sockaddr_storage all_addr;
    socklen_t addr_len = parse_address(ip, port, 1, &all_addr);
    char name[NAME_SIZE];
    name_address(&all_addr, name);

    /* 1. A socket that may reach one host at a time. */
    int sock_fd = socket(all_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. -b: say that we mean it. Nobody shouts by mistake. */
    int on = 1;
    if (allowed &&
        setsockopt(sock_fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == -1)
        die("setsockopt SO_BROADCAST");

    /* 3. One sendto, and a copy for every host of that network. */
    if (sendto(sock_fd, text, strlen(text), 0, (struct sockaddr *)&all_addr,
               addr_len) == -1)
        die("sendto %s", name);
    printf("sent %zu bytes to %s\n", strlen(text), name);
    close(sock_fd);
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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
    fprintf(stderr, "broadcast_sender: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("broadcast_sender: standard output");
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
    fprintf(stderr, "broadcast_sender: not ");
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
