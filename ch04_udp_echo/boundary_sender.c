/*
 * boundary_sender.c - three sendto calls, or one for each TEXT: datagrams.
 *
 * Calls   socket -> sendto, sendto, sendto -> close
 * Try     cc boundary_sender.c -o boundary_sender
 *         ./boundary_sender 127.0.0.1 9190
 * See     sendto 1: 4 bytes
 * Pair    boundary_receiver.c
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
    if (argc < 3) {
        fprintf(stderr, "usage: boundary_sender ADDRESS PORT [TEXT...]\n");
        return 2;
    }
    struct sockaddr_storage receiver_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], &receiver_addr);

    /* 1. A datagram socket. */
    int sock_fd = socket(receiver_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. Each sendto makes one datagram, whatever its length. */
    char *usual[] = {"one,", " two", " and three", NULL};
    char **texts = argc > 3 ? argv + 3 : usual;
    for (int i = 0; texts[i]; i++) {
        if (sendto(sock_fd, texts[i], strlen(texts[i]), 0,
                   (struct sockaddr *)&receiver_addr, addr_len) == -1)
            die("sendto %s port %s", argv[1], argv[2]);
        printf("sendto %d: %zu bytes\n", i + 1, strlen(texts[i]));
    }

    /* 3. No end is announced: the receiver will never know that we went. */
    close(sock_fd);
    return 0;
}

/* Both as typed. Returns the length that sendto wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "boundary_sender: not a port (1 to 65535): \"%.40s\"\n",
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
    fprintf(stderr, "boundary_sender: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "boundary_sender: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
