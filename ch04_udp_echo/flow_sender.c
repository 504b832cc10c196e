/*
 * flow_sender.c - send N numbered messages over TCP: write waits for room.
 *
 * Calls   socket -> setsockopt -> connect -> send/write -> close
 * Try     cc flow_sender.c -o flow_sender
 *         ./flow_sender 127.0.0.1 9190 5000
 * See     how many fit while nobody reads; then it stands still
 * Pair    flow_receiver.c; overflow_sender.c is the same over UDP
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MOST = 1000000,   /* messages */
    ROOM = 64 * 1024, /* bytes of send buffer: soon full */
};

static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static unsigned parse_number(const char *text, unsigned most);
static void put_number(char *bytes, uint32_t number);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(stderr, "usage: flow_sender ADDRESS PORT N\n");
        return 2;
    }
    struct sockaddr_storage receiver_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], &receiver_addr);
    unsigned total = parse_number(argv[3], MOST);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* let write say that the receiver has gone */

    /* 1. A stream socket, with a small buffer. */
    int sock_fd = socket(receiver_addr.ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    int room = ROOM;
    if (setsockopt(sock_fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == -1)
        die("setsockopt SO_SNDBUF");

    /* 2. The handshake. */
    if (connect(sock_fd, (struct sockaddr *)&receiver_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);

    /* 3. Number after number. Once, to see it happen, ask not to wait. */
    char message[1000];
    memset(message, '.', sizeof message);
    bool waited = false;
    for (unsigned number = 1; number <= total; number++) {
        put_number(message, number);
        for (size_t done = 0; done < sizeof message;) {
            ssize_t sent = send(sock_fd, message + done, sizeof message - done,
                                waited ? 0 : MSG_DONTWAIT);
            if (sent >= 0) {
                done += (size_t)sent;
            } else if (!waited && (errno == EAGAIN || errno == EWOULDBLOCK)) {
                printf("both buffers are full after %u messages: waiting\n",
                       number - 1);
                waited = true;
            } else {
                die("send number %u", number);
            }
        }
    }
    printf("%u messages of %zu bytes sent\n", total, sizeof message);
    close(sock_fd);
    return 0;
}

/* Both as typed. Returns the length that connect wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "flow_sender: not a port (1 to 65535): \"%.40s\"\n",
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
    fprintf(stderr, "flow_sender: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* A whole number from 1 to most, as typed. */
static unsigned parse_number(const char *text, unsigned most)
{
    unsigned long number = strtoul(text, NULL, 10);
    if (text[strspn(text, "0123456789")] || number < 1 || number > most) {
        fprintf(stderr, "flow_sender: not a number (1 to %u): \"%.40s\"\n",
                most, text);
        exit(2);
    }
    return (unsigned)number;
}

/* Four bytes in network order. */
static void put_number(char *bytes, uint32_t number)
{
    number = htonl(number);
    memcpy(bytes, &number, sizeof number);
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "flow_sender: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
