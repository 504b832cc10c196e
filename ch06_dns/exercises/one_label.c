/*
 * one_label.c - ask a name server for an address. To be mended: see
 * exercises.md.
 *
 * Calls   socket -> connect -> write -> poll -> read -> close
 * Try     cc one_label.c -o one_label
 *         ./one_label 127.0.0.1 5300 www.example.kr
 * See     NOERROR, 1 answer
 * Pair    ../dns_server.c
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 60 * 1000 }; /* ms */

static size_t put_name(unsigned char *to, const char *name);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 4 || strlen(argv[3]) > 200) {
        fprintf(stderr, "usage: one_label ADDRESS PORT NAME\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);

    /* 1. The question, RFC 1035 section 4.1: a header of 12 bytes with our id
     * and "one question", the name, type A, class IN. */
    unsigned char message[512] = {0x12, 0x34, 0, 0, 0, 1};
    size_t length = 12 + put_name(message + 12, argv[3]);
    memcpy(message + length, "\0\1\0\1", 4);
    length += 4;

    /* 2. There and back: only this server may answer. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);
    if (write(sock_fd, message, length) == -1)
        die("write");
    struct pollfd wanted = {.fd = sock_fd, .events = POLLIN};
    if (poll(&wanted, 1, PATIENCE) < 1) {
        fprintf(stderr, "one_label: no answer\n");
        return 1;
    }
    ssize_t count = read(sock_fd, message, sizeof message);
    if (count == -1)
        die("read");
    if (count < 12) {
        fprintf(stderr, "one_label: that is no answer\n");
        return 1;
    }

    /* 3. The last four bits of the flags say how it went. */
    static const char *const codes[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    int code = message[3] & 15;
    printf("%s, %d answers\n", code < 6 ? codes[code] : "?",
           message[6] << 8 | message[7]);
    close(sock_fd);
    return 0;
}

/* As a name is written in a message. Returns its length. */
static size_t put_name(unsigned char *to, const char *name)
{
    size_t length = strlen(name);
    to[0] = (unsigned char)length;
    memcpy(to + 1, name, length);
    to[1 + length] = 0;
    return length + 2;
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "one_label: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("one_label: standard output");
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
    fprintf(stderr, "one_label: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}
