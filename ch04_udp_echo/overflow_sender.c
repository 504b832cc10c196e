/*
 * overflow_sender.c - send N numbered datagrams as fast as send returns.
 *
 * No send fails, and none waits for the receiver: the sender cannot know
 * that most of them never arrive.
 *
 * Calls   socket -> connect -> send -> recv -> close
 * Try     cc overflow_sender.c -o overflow_sender
 *         ./overflow_sender 127.0.0.1 9190 5000
 * See     5000 datagrams of 1000 bytes sent, none refused
 * Pair    overflow_receiver.c; flow_sender.c is the same over TCP
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MOST = 1000000,  /* datagrams */
    PATIENCE = 1000, /* ms for the receiver's answer */
};

static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr);
static unsigned parse_number(const char *text, unsigned most);
static void put_number(char *bytes, uint32_t number);
static uint32_t get_number(const char *bytes);
static void wait_for_enter(void);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 4) {
        fprintf(stderr, "usage: overflow_sender ADDRESS PORT N\n");
        return 2;
    }
    struct sockaddr_storage receiver_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], &receiver_addr);
    unsigned total = parse_number(argv[3], MOST);
    setvbuf(stdout, NULL, _IOLBF, 0);

    /* 1. A datagram socket with a registered peer. */
    int sock_fd = socket(receiver_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (struct sockaddr *)&receiver_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);

    /* 2. Number after number, 1000 bytes each. */
    char datagram[1000];
    memset(datagram, '.', sizeof datagram);
    for (unsigned number = 1; number <= total; number++) {
        put_number(datagram, number);
        if (send(sock_fd, datagram, sizeof datagram, 0) == -1)
            die("send number %u", number);
    }
    printf("%u datagrams of %zu bytes sent, none refused\n", total,
           sizeof datagram);

    /* 3. When the receiver has made room: the last one, a number alone. It
     *    may be lost, too, so the receiver answers it. */
    struct pollfd answer = {.fd = sock_fd, .events = POLLIN};
    for (int ready = 0; ready == 0;) {
        printf("press Enter to send the last one\n");
        wait_for_enter();
        put_number(datagram, total + 1);
        if (send(sock_fd, datagram, sizeof(uint32_t), 0) == -1)
            die("send number %u", total + 1);
        if ((ready = poll(&answer, 1, PATIENCE)) == -1)
            die("poll");
        if (ready == 0) {
            fprintf(stderr,
                    "overflow_sender: no answer: does the receiver read?\n");
            if (feof(stdin))
                return 1;
        }
    }
    errno = EBADMSG; /* what recv itself does not call an error */
    if (recv(sock_fd, datagram, sizeof datagram, MSG_DONTWAIT) !=
        sizeof(uint32_t))
        die("recv");
    printf("the receiver has got %u of them\n", get_number(datagram));
    close(sock_fd);
    return 0;
}

/* Both as typed. Returns the length that connect wants to know. */
static socklen_t parse_address(const char *ip, const char *port,
                               struct sockaddr_storage *addr)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "overflow_sender: not a port (1 to 65535): \"%.40s\"\n",
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
    fprintf(stderr, "overflow_sender: not an IP address: \"%.40s\"\n", ip);
    exit(2);
}

/* A whole number from 1 to most, as typed. */
static unsigned parse_number(const char *text, unsigned most)
{
    unsigned long number = strtoul(text, NULL, 10);
    if (text[strspn(text, "0123456789")] || number < 1 || number > most) {
        fprintf(stderr, "overflow_sender: not a number (1 to %u): \"%.40s\"\n",
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

/* Four bytes in network order. */
static uint32_t get_number(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    int key;
    do
        key = getchar();
    while (key != '\n' && key != EOF);
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "overflow_sender: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
