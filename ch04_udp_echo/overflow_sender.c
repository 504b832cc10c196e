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
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 1000 }; /* ms for the receiver's answer */

static bool answered(int sock_fd, int patience);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static int connect_to(int type, const char *ip, const char *port);
static void wait_for_enter(void);
static void put_u32(char *bytes, uint32_t number);
static uint32_t get_u32(const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 4) {
        fprintf(stderr, "usage: overflow_sender ADDRESS PORT N\n");
        return 2;
    }
    unsigned total = (unsigned)parse_number(argv[3], 1, 1000000, "number");

    /* 1. A datagram socket with a registered peer. */
    int sock_fd = connect_to(SOCK_DGRAM, argv[1], argv[2]);

    /* 2. Number after number, 1000 bytes each. */
    char datagram[1000];
    memset(datagram, '.', sizeof datagram);
    for (unsigned number = 1; number <= total; number++) {
        put_u32(datagram, number);
        if (send(sock_fd, datagram, sizeof datagram, 0) == -1)
            die("send number %u", number);
    }
    printf("%u datagrams of %zu bytes sent, none refused\n", total,
           sizeof datagram);

    /* 3. When the receiver has made room: the last one, a number alone. It
     *    may be lost, too, so the receiver answers it. */
    if (fcntl(sock_fd, F_SETFL, O_NONBLOCK) == -1) /* poll waits instead */
        die("fcntl O_NONBLOCK");
    put_u32(datagram, total + 1);
    printf("press Enter to send the last one\n");
    wait_for_enter();
    while (!answered(sock_fd, 0)) { /* not by one that we gave up already */
        if (send(sock_fd, datagram, sizeof(uint32_t), 0) == -1)
            die("send number %u", total + 1);
        if (answered(sock_fd, PATIENCE))
            break;
        fprintf(stderr,
                "overflow_sender: no answer: does the receiver read? Enter "
                "sends it again\n");
        wait_for_enter();
        if (feof(stdin))
            return 1;
    }
    close(sock_fd);
    return 0;
}

/* Has the receiver said how many it has got, or does it in so many ms? */
static bool answered(int sock_fd, int patience)
{
    char number[sizeof(uint32_t)];
    struct pollfd answer = {.fd = sock_fd, .events = POLLIN};
    if (poll(&answer, 1, patience) == -1)
        die("poll");
    ssize_t count = recv(sock_fd, number, sizeof number, 0);
    if (count == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
        die("recv");
    if (count == sizeof number)
        printf("the receiver has got %u of them\n", get_u32(number));
    return count == sizeof number;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <netinet/in.h>
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
    fprintf(stderr, "overflow_sender: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("overflow_sender: standard output");
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
    fprintf(stderr, "overflow_sender: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "overflow_sender: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}

/* socket and connect, which echo_client.c of chapter 3 shows. */
static int connect_to(int type, const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 1, &addr);
    int sock_fd = socket(addr.ss_family, type, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect %s port %s", ip, port);
    return sock_fd;
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}

/* Four bytes in network order. */
static void put_u32(char *bytes, uint32_t number)
{
    number = htonl(number);
    memcpy(bytes, &number, sizeof number);
}

/* Four bytes in network order. */
static uint32_t get_u32(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}
