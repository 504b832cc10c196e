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
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc < 3) {
        fprintf(stderr, "usage: boundary_sender ADDRESS PORT [TEXT...]\n");
        return 2;
    }
    struct sockaddr_storage receiver_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &receiver_addr);

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

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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
    fprintf(stderr, "boundary_sender: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("boundary_sender: standard output");
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
    fprintf(stderr, "boundary_sender: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}
