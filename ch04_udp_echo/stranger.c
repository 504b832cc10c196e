/*
 * stranger.c - send one datagram to a socket that never asked for it.
 *
 * Calls   socket -> sendto -> close
 * Try     cc stranger.c -o stranger && ./stranger 127.0.0.1 54321 boo
 * See     sent 3 bytes from 0.0.0.0:34567
 * Pair    udp_echo_client.c and udp_connected_client.c: take the port that
 *         they print
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(stderr, "usage: stranger ADDRESS PORT TEXT\n");
        return 2;
    }
    struct sockaddr_storage victim_addr, own_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], &victim_addr);

    /* 1. A socket like any other. Nobody has to let it in. */
    int sock_fd = socket(victim_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. Whoever knows address and port can send. */
    if (sendto(sock_fd, argv[3], strlen(argv[3]), 0,
               (struct sockaddr *)&victim_addr, addr_len) == -1)
        die("sendto %s port %s", argv[1], argv[2]);

    addr_len = sizeof own_addr;
    if (getsockname(sock_fd, (struct sockaddr *)&own_addr, &addr_len) == -1)
        die("getsockname");
    char name[NAME_SIZE];
    name_address(&own_addr, name);
    printf("sent %zu bytes from %s\n", strlen(argv[3]), name);
    close(sock_fd);
    return 0;
}

/* Both as typed. Returns the length that sendto wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "stranger: not a port (1 to 65535): \"%.40s\"\n", port);
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
    fprintf(stderr, "stranger: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    char ip[INET6_ADDRSTRLEN];
    if (addr->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "%s:%d", ip, ntohs(v4->sin_port));
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "[%s]:%d", ip, ntohs(v6->sin6_port));
    }
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "stranger: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
