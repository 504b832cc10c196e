/*
 * ports_client.c - send a text to one port of a computer.
 *
 * Calls   socket -> sendto -> close
 * Try     cc ports_client.c -o ports_client
 *         ./ports_client 127.0.0.1 9190 hello
 * See     sent 5 bytes to port 9190
 * Pair    ports_server.c in a first terminal
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

static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(stderr, "usage: ports_client ADDRESS PORT TEXT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], &server_addr);

    /* 1. The sender needs a socket, too. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. The address finds the computer, the port the socket in it. */
    ssize_t sent = sendto(sock_fd, argv[3], strlen(argv[3]), 0,
                          (struct sockaddr *)&server_addr, addr_len);
    if (sent == -1)
        die("sendto %s port %s", argv[1], argv[2]);
    printf("sent %zd bytes to port %s\n", sent, argv[2]);
    close(sock_fd);
    return 0;
}

/* Both as typed. Returns the length that sendto wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "ports_client: not a port (1 to 65535): \"%.40s\"\n",
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
    fprintf(stderr, "ports_client: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "ports_client: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
