/*
 * flow_sender.c - send N numbered messages over TCP: write waits for room.
 *
 * Calls   socket -> connect -> setsockopt -> write -> close
 * Try     cc flow_sender.c -o flow_sender
 *         ./flow_sender 127.0.0.1 9190 5000
 * See     how many fit while nobody reads; then it stands still
 * Pair    flow_receiver.c; overflow_sender.c is the same over UDP
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static int connect_to(int type, const char *ip, const char *port);
static void put_u32(char *bytes, uint32_t number);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 4) {
        fprintf(stderr, "usage: flow_sender ADDRESS PORT N\n");
        return 2;
    }
    unsigned total = (unsigned)parse_number(argv[3], 1, 1000000, "number");
    signal(SIGPIPE, SIG_IGN); /* let write say that the receiver has gone */

    /* 1. A connection, with a small buffer. */
    int sock_fd = connect_to(SOCK_STREAM, argv[1], argv[2]);
    int room = 64 * 1024; /* bytes of send buffer: soon full */
    if (setsockopt(sock_fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == -1)
        die("setsockopt SO_SNDBUF");

    /* 2. Number after number. Once, to see it happen, write is told to fail
     *    where it would wait: O_NONBLOCK. */
    if (fcntl(sock_fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    char message[1000];
    memset(message, '.', sizeof message);
    for (unsigned number = 1; number <= total; number++) {
        put_u32(message, number);
        for (size_t done = 0; done < sizeof message;) {
            ssize_t sent =
                write(sock_fd, message + done, sizeof message - done);
            if (sent >= 0) {
                done += (size_t)sent;
                continue;
            }
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                die("write number %u", number);
            printf("the output buffer is full after %u messages: waiting\n",
                   number - 1);
            if (fcntl(sock_fd, F_SETFL, 0) == -1) /* from now on it waits */
                die("fcntl 0");
        }
    }
    printf("%u messages of %zu bytes sent\n", total, sizeof message);
    close(sock_fd);
    return 0;
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
    fprintf(stderr, "flow_sender: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("flow_sender: standard output");
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
    fprintf(stderr, "flow_sender: not ");
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
        fprintf(stderr, "flow_sender: not a %s ", what);
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

/* Four bytes in network order. */
static void put_u32(char *bytes, uint32_t number)
{
    number = htonl(number);
    memcpy(bytes, &number, sizeof number);
}
