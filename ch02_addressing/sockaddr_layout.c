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
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void show_ipv4(struct in_addr ip, uint16_t port);
static void show_ipv6(struct in6_addr ip, uint16_t port);
static void print_field(const char *name, const void *start, size_t offset,
                        size_t size, const char *meaning);
static _Noreturn void refuse(const char *text);
static void explain_ipv4(const char *text);
static void explain_ipv6(const char *text);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: sockaddr_layout ADDRESS PORT\n");
        return 2;
    }
    struct in_addr v4;
    struct in6_addr v6;
    int is_v4 = inet_pton(AF_INET, argv[1], &v4) == 1;
    if (!is_v4 && inet_pton(AF_INET6, argv[1], &v6) != 1)
        refuse(argv[1]);
    unsigned long port = strtoul(argv[2], NULL, 10);
    if (argv[2][strspn(argv[2], "0123456789")] || port < 1 || port > 65535) {
        fprintf(stderr, "sockaddr_layout: not a port (1 to 65535): \"%.40s\"\n",
                argv[2]);
        return 2;
    }

    /* 1. One structure for each family, and each field at its place. */
    if (is_v4)
        show_ipv4(v4, (uint16_t)port);
    else
        show_ipv6(v6, (uint16_t)port);

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

static void show_ipv4(struct in_addr ip, uint16_t port)
{
    /* A variable on the stack holds what was there before: say, this. */
    struct sockaddr_in addr;
    memset(&addr, 0xaa, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    addr.sin_addr = ip;
    struct sockaddr_in dirty = addr;
    memset(addr.sin_zero, 0, sizeof addr.sin_zero);

    printf("struct sockaddr_in, %zu bytes\n", sizeof addr);
    printf("offset size  field          bytes\n");
    print_field("sin_family", &addr, offsetof(struct sockaddr_in, sin_family),
                sizeof addr.sin_family, "AF_INET, in this machine's order");
    print_field("sin_port", &addr, offsetof(struct sockaddr_in, sin_port),
                sizeof addr.sin_port, "in network order: htons did it");
    print_field("sin_addr", &addr, offsetof(struct sockaddr_in, sin_addr),
                sizeof addr.sin_addr, "in network order: inet_pton did it");
    print_field("sin_zero", &addr, offsetof(struct sockaddr_in, sin_zero),
                sizeof addr.sin_zero, "");
    printf("without memset, sin_zero would hold what lay there before:\n");
    print_field("sin_zero", &dirty, offsetof(struct sockaddr_in, sin_zero),
                sizeof dirty.sin_zero, "");

    /* Does anybody look at sin_zero? The system is asked. */
    dirty.sin_port = 0;
    dirty.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int sock_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    int said = bind(sock_fd, (struct sockaddr *)&dirty, sizeof dirty);
    if (said == -1 && errno != EINVAL && errno != EADDRNOTAVAIL)
        die("bind 127.0.0.1:0");
    printf("bind with such a sin_zero: %s\n",
           said == 0 ? "0, this system does not look" : strerror(errno));
    close(sock_fd);

    int number;
    memset(&number, 1, sizeof number);
    printf("memset works byte by byte: an int filled with 1 is %d\n", number);
}

static void show_ipv6(struct in6_addr ip, uint16_t port)
{
    struct sockaddr_in6 addr;
    memset(&addr, 0, sizeof addr); /* flow and scope: none */
    addr.sin6_family = AF_INET6;
    addr.sin6_port = htons(port);
    addr.sin6_addr = ip;

    printf("struct sockaddr_in6, %zu bytes\n", sizeof addr);
    printf("offset size  field          bytes\n");
    print_field("sin6_family", &addr,
                offsetof(struct sockaddr_in6, sin6_family),
                sizeof addr.sin6_family, "AF_INET6, in this machine's order");
    print_field("sin6_port", &addr, offsetof(struct sockaddr_in6, sin6_port),
                sizeof addr.sin6_port, "in network order: htons did it");
    print_field("sin6_flowinfo", &addr,
                offsetof(struct sockaddr_in6, sin6_flowinfo),
                sizeof addr.sin6_flowinfo, "none");
    print_field("sin6_addr", &addr, offsetof(struct sockaddr_in6, sin6_addr),
                sizeof addr.sin6_addr, "");
    print_field("sin6_scope_id", &addr,
                offsetof(struct sockaddr_in6, sin6_scope_id),
                sizeof addr.sin6_scope_id, "no interface is meant");
}

/* Where it lies, how long it is, and its bytes from the low address up. */
static void print_field(const char *name, const void *start, size_t offset,
                        size_t size, const char *meaning)
{
    const unsigned char *bytes = (const unsigned char *)start + offset;
    printf("%-6zu %-5zu %-14s", offset, size, name);
    for (size_t i = 0; i < size; i++)
        printf(" %s%02x", strstr(name, "family") ? "0x" : "", bytes[i]);
    printf(*meaning ? "   %s\n" : "%s\n", meaning);
}

/* One line that says what is wrong with it, and the end. */
static _Noreturn void refuse(const char *text)
{
    fprintf(stderr, "sockaddr_layout: not an IP address: \"%.40s\": ", text);
    /* Meant for IPv6? A colon comes before any dot; not in 127.0.0.1:9190. */
    if (strcspn(text, ":") < strcspn(text, "."))
        explain_ipv6(text);
    else
        explain_ipv4(text);
    exit(2);
}

/* The first fault, from the left, of what is no IPv4 address. */
static void explain_ipv4(const char *text)
{
    const char *part = text;
    for (int number = 1;; number++) {
        size_t length = strcspn(part, ".");
        if (length == 0)
            fprintf(stderr, "part %d is empty\n", number);
        else if (strspn(part, "0123456789") < length)
            fprintf(stderr, "part %d is not a decimal number\n", number);
        else if (part[0] == '0' && length > 1)
            fprintf(stderr, "part %d begins with 0, which may mean octal\n",
                    number);
        else if (length > 3 || atoi(part) > 255)
            fprintf(stderr, "part %d is over 255, too much for a byte\n",
                    number);
        else if (part[length] == '\0')
            fprintf(stderr, "number of parts: %d, not 4\n", number);
        else {
            part += length + 1;
            continue;
        }
        return;
    }
}

/* The most telling fault of what is no IPv6 address. */
static void explain_ipv6(const char *text)
{
    const char *zone = strchr(text, '%');
    const char *gap = strstr(text, "::");
    size_t length = strlen(text);
    size_t longest = 0, groups = 0;
    for (const char *part = text; *part; part += strspn(part, ":")) {
        size_t digits = strcspn(part, ":");
        longest = digits > longest ? digits : longest;
        groups += digits > 0;
        part += digits;
    }
    if (zone != NULL && zone[1] == '\0')
        fprintf(stderr, "the interface behind %% is missing\n");
    else if (zone != NULL)
        fprintf(stderr, "an interface behind %% is no part of the bytes\n");
    else if (strpbrk(text, "[]") != NULL)
        fprintf(stderr, "[ and ] are for address and port together\n");
    else if (text[strspn(text, "0123456789abcdefABCDEF:.")] != '\0')
        fprintf(stderr, "a character that is neither hex digit nor colon\n");
    else if (strchr(text, '.') != NULL)
        fprintf(stderr, "the IPv4 address at its end is wrong\n");
    else if (gap != NULL && strstr(gap + 1, "::") != NULL)
        fprintf(stderr, ":: may stand only once\n");
    else if (longest > 4)
        fprintf(stderr, "a group has more than 4 hex digits\n");
    else if ((text[0] == ':' && gap != text) ||
             (text[length - 1] == ':' && gap != text + length - 2))
        fprintf(stderr, "a single colon at the beginning or the end\n");
    else
        fprintf(stderr, "number of groups: %zu, %s\n", groups,
                gap != NULL ? "too many beside ::" : "not 8");
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "sockaddr_layout: ");
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
        perror("sockaddr_layout: standard output");
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
