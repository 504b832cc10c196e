/*
 * sockaddr_layout.c - the address that bind and connect take, field by field.
 *
 * Calls   inet_pton, memset, socket -> bind
 * Try     cc sockaddr_layout.c -o sockaddr_layout
 *         ./sockaddr_layout 127.0.0.1 9190
 *         ./sockaddr_layout ::1 9190
 * See     struct sockaddr_in, 16 bytes
 *
 * sin_zero is on every system, though not in POSIX since 2001.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void show_ipv4(struct in_addr ip, uint16_t port);
static void show_ipv6(const struct sockaddr_in6 *addr);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: sockaddr_layout ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage addr;
    parse_address(argv[1], argv[2], 1, &addr);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&addr;

    /* 1. One structure for each family, and each field at its place. */
    if (addr.ss_family == AF_INET)
        show_ipv4(v4->sin_addr, ntohs(v4->sin_port));
    else
        show_ipv6((const struct sockaddr_in6 *)&addr);

    /* 2. bind was there before both: it takes what all of them begin with. */
    printf("bind takes a struct sockaddr * to any of them: the family, at\n"
           "offset %zu in all, tells which one it is, the length how long\n",
           offsetof(struct sockaddr, sa_family));
    printf("sockaddr %zu bytes, sockaddr_in %zu, sockaddr_in6 %zu; room for "
           "any:\nsockaddr_storage %zu\n",
           sizeof(struct sockaddr), sizeof(struct sockaddr_in),
           sizeof(struct sockaddr_in6), sizeof(struct sockaddr_storage));
    return 0;
}

/* Where it lies, how long it is, and its bytes from the low address up. */
static void print_field(const char *name, const void *start, const void *field,
                        size_t size, const char *meaning)
{
    const unsigned char *bytes = field;
    size_t offset = (size_t)(bytes - (const unsigned char *)start);
    printf("%-6zu %-5zu %-14s", offset, size, name);
    for (size_t i = 0; i < size; i++)
        printf(" %s%02x", strstr(name, "family") ? "0x" : "", bytes[i]);
    printf(*meaning ? "   %s\n" : "%s\n", meaning);
}

/* A variable on the stack holds what was there before: say, aa everywhere. */
static void bind_unclean(void)
{
    struct sockaddr_in addr;
    memset(&addr, 0xaa, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_port = htons(0);
    if (inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr) != 1)
        die("inet_pton 127.0.0.1");
    printf("without memset, sin_zero would hold what lay there before:\n");
    print_field("sin_zero", &addr, addr.sin_zero, sizeof addr.sin_zero, "");

    /* Does anybody look at it? The system is asked. */
    int sock_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    int said = bind(sock_fd, (struct sockaddr *)&addr, sizeof addr);
    if (said == -1 && errno != EINVAL && errno != EADDRNOTAVAIL)
        die("bind 127.0.0.1:0");
    printf("bind with such a sin_zero: %s\n",
           said == 0 ? "0, this system does not look" : strerror(errno));
    close(sock_fd);
}

static void show_ipv4(struct in_addr ip, uint16_t port)
{
    struct sockaddr_in addr;
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    addr.sin_addr = ip;

    printf("struct sockaddr_in, %zu bytes\n", sizeof addr);
    printf("offset size  field          bytes\n");
    print_field("sin_family", &addr, &addr.sin_family, sizeof addr.sin_family,
                "AF_INET, in this machine's order");
    print_field("sin_port", &addr, &addr.sin_port, sizeof addr.sin_port,
                "in network order: htons did it");
    print_field("sin_addr", &addr, &addr.sin_addr, sizeof addr.sin_addr,
                "in network order: inet_pton did it");
    print_field("sin_zero", &addr, addr.sin_zero, sizeof addr.sin_zero,
                "memset did it");
    bind_unclean();
    int number;
    memset(&number, 1, sizeof number);
    printf("memset works byte by byte: an int filled with 1 is %d\n", number);
}

static void show_ipv6(const struct sockaddr_in6 *addr)
{
    printf("struct sockaddr_in6, %zu bytes\n", sizeof *addr);
    printf("offset size  field          bytes\n");
    print_field("sin6_family", addr, &addr->sin6_family,
                sizeof addr->sin6_family, "AF_INET6, in this machine's order");
    print_field("sin6_port", addr, &addr->sin6_port, sizeof addr->sin6_port,
                "in network order: htons did it");
    print_field("sin6_flowinfo", addr, &addr->sin6_flowinfo,
                sizeof addr->sin6_flowinfo, "none");
    print_field("sin6_addr", addr, &addr->sin6_addr, sizeof addr->sin6_addr,
                "");
    print_field("sin6_scope_id", addr, &addr->sin6_scope_id,
                sizeof addr->sin6_scope_id, "no interface is meant");
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
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
    fprintf(stderr, "sockaddr_layout: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("sockaddr_layout: standard output");
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
    fprintf(stderr, "sockaddr_layout: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}
