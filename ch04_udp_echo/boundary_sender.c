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
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* A line that could not be printed is said at the end, and costs status 1. */
static void check_output(void)
{
    int lost = ferror(stdout);
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (lost)
        putchar('\n');
    if (fflush(stdout) == EOF || lost) {
        perror("boundary_sender: standard output");
        _exit(1);
    }
}

/* First of all. A stream that the caller has closed fails: no socket or file
 * gets its number. A line is out when it is printed, also into a pipe. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            die("open /dev/null");
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(check_output);
}

/* Both as typed; only where least is 0 the system may choose the port. Returns
 * the length that bind, connect and sendto want to know. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    long number = strtol(port, NULL, 10);
    if (!*port || port[strspn(port, "0123456789")] || number < least ||
        number > 65535) {
        fprintf(stderr, "boundary_sender: not a port ");
        fprintf(stderr, "(%d to 65535): \"%.40s\"\n", least, port);
        exit(2);
    }
    in_port_t net_port = htons((uint16_t)number);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = net_port};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = net_port};
    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        memcpy(addr, &v4, sizeof v4);
        return sizeof v4;
    }
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
        memcpy(addr, &v6, sizeof v6);
        return sizeof v6;
    }
    fprintf(stderr, "boundary_sender: not an IP address ");
    fprintf(stderr, "(such as 127.0.0.1, ::1): \"%.40s\"\n", ip);
    exit(2);
}
