/*
 * inet_functions.c - five functions for text and bytes, and their traps.
 *
 * Calls   inet_addr, inet_aton, inet_pton; inet_ntoa, inet_ntop
 * Try     cc inet_functions.c -o inet_functions && ./inet_functions
 * See     text            inet_addr       inet_aton       inet_pton
 *
 * More than POSIX, so _DEFAULT_SOURCE: inet_aton.
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static void show_row(const char *text);
static const char *show(int success, struct in_addr ip, char *text);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: inet_functions (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* 1. Text to bytes: the same text, and three opinions. */
    printf("%-15s %-15s %-15s %-15s %s\n", "text", "inet_addr", "inet_aton",
           "inet_pton", "inet_pton IPv6");
    show_row("127.0.0.1");
    show_row("255.255.255.255");
    show_row("010.0.0.1");
    show_row("1.2.3");
    show_row("0x7f.1");
    show_row("256.1.1.1");
    show_row("::1");

    /* 2. Bytes to text: one buffer for all, or one of your own. */
    struct in_addr one = {.s_addr = htonl(0x0a000001)};
    struct in_addr two = {.s_addr = htonl(0x0a000002)};
    const char *text_one = inet_ntoa(one);
    const char *text_two = inet_ntoa(two);
    printf("inet_ntoa 10.0.0.1, then 10.0.0.2: \"%s\" and \"%s\"%s\n", text_one,
           text_two, text_one == text_two ? ", the same buffer" : "");
    char own_one[INET_ADDRSTRLEN], own_two[INET_ADDRSTRLEN];
    printf("inet_ntop 10.0.0.1, then 10.0.0.2: \"%s\" and \"%s\"\n",
           show(1, one, own_one), show(1, two, own_two));
    return 0;
}

static void show_row(const char *text)
{
    char shown[INET_ADDRSTRLEN];
    struct in_addr ip;

    /* Its error, (in_addr_t)-1, is an address, too: 255.255.255.255. */
    ip.s_addr = inet_addr(text);
    int success = ip.s_addr != (in_addr_t)-1;
    printf("%-15s %-15s", text, success ? show(1, ip, shown) : "-1");

    /* Tells an error apart, but takes octal, hex and missing parts. */
    success = inet_aton(text, &ip) == 1;
    printf(" %-15s", show(success, ip, shown));

    /* Four decimal numbers or an error; and it is told which family. */
    success = inet_pton(AF_INET, text, &ip) == 1;
    printf(" %-15s", show(success, ip, shown));
    struct in6_addr ipv6;
    char text6[INET6_ADDRSTRLEN] = "refused";
    if (inet_pton(AF_INET6, text, &ipv6) == 1 &&
        inet_ntop(AF_INET6, &ipv6, text6, sizeof text6) == NULL)
        die("inet_ntop");
    printf(" %s\n", text6);
}

static const char *show(int success, struct in_addr ip, char *text)
{
    if (!success)
        return "refused";
    if (inet_ntop(AF_INET, &ip, text, INET_ADDRSTRLEN) == NULL)
        die("inet_ntop");
    return text;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "inet_functions: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("inet_functions: standard output");
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
