/*
 * stranger.c - send one datagram to a socket that never asked for it.
 *
 * Calls   socket -> bind, sendto -> close
 * Try     cc stranger.c -o stranger && ./stranger 127.0.0.1 54321 boo
 * See     sent 3 bytes from 0.0.0.0:34567
 * Pair    udp_echo_client.c, udp_connected_client.c: take the port they print
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
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
static void name_own(int fd, char *name);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 4) {
        fprintf(stderr, "usage: stranger ADDRESS PORT TEXT\n");
        return 2;
    }
    struct sockaddr_storage victim_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &victim_addr);

    /* 1. Is anybody there? On this computer bind can tell: an address that
     *    we could have is nobody's. No sendto would say so. */
    int probe_fd = socket(victim_addr.ss_family, SOCK_DGRAM, 0);
    if (probe_fd == -1)
        die("socket");
    if (bind(probe_fd, (struct sockaddr *)&victim_addr, addr_len) == 0) {
        fprintf(stderr,
                "stranger: nobody has %s port %s: which port does your client "
                "show?\n",
                argv[1], argv[2]);
        return 1;
    }
    if (errno != EADDRINUSE && errno != EADDRNOTAVAIL && errno != EACCES)
        die("bind");
    close(probe_fd);

    /* 2. A socket like any other. Nobody has to let it in. */
    int sock_fd = socket(victim_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 3. Whoever knows address and port can send. */
    if (sendto(sock_fd, argv[3], strlen(argv[3]), 0,
               (struct sockaddr *)&victim_addr, addr_len) == -1)
        die("sendto %s port %s", argv[1], argv[2]);
    char name[NAME_SIZE];
    name_own(sock_fd, name);
    printf("sent %zu bytes from %s\n", strlen(argv[3]), name);
    close(sock_fd);
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "stranger: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("stranger: standard output");
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
    fprintf(stderr, "stranger: not ");
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

/* The address and the port that this end has now. */
static void name_own(int fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
}
