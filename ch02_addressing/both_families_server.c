/*
 * both_families_server.c - one IPv6 socket on all addresses takes IPv4, too.
 *
 * Calls   socket AF_INET6 -> setsockopt IPV6_V6ONLY -> bind -> recvfrom
 * Try     cc both_families_server.c -o both_families_server
 *         ./both_families_server 9190
 *         ./both_families_server -6 9190       (IPv6 only)
 * See     bound to [::]:9190 for IPv6 and IPv4
 * Pair    ports_client.c
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static void name_address(const struct sockaddr_storage *addr, char *name);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    int only_v6 = argc > 1 && strcmp(argv[1], "-6") == 0;
    if (argc != 2 + only_v6) {
        fprintf(stderr, "usage: both_families_server [-6] PORT\n");
        return 2;
    }
    /* 1. Every address of this computer: in6addr_any is ::, all zeros. */
    struct sockaddr_storage addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&addr;
    memset(&addr, 0, sizeof addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port =
        htons((uint16_t)parse_number(argv[argc - 1], 0, 65535, "port"));
    v6->sin6_addr = in6addr_any;

    /* 2. Say which of both is meant: systems begin with different defaults. */
    int sock_fd = socket(AF_INET6, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket AF_INET6");
    if (setsockopt(sock_fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6,
                   sizeof only_v6) == -1)
        die("setsockopt IPV6_V6ONLY");
    if (bind(sock_fd, (struct sockaddr *)v6, sizeof *v6) == -1)
        die("bind [::]:%d", ntohs(v6->sin6_port));
    socklen_t addr_len = sizeof addr;
    if (getsockname(sock_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    char name[NAME_SIZE];
    name_address(&addr, name);
    printf("bound to %s for IPv6%s\n", name, only_v6 ? " only" : " and IPv4");

    for (;;) {
        /* 3. An IPv4 sender has an IPv6 form: its 4 bytes behind ::ffff. */
        char text[2000];
        addr_len = sizeof addr;
        ssize_t count = recvfrom(sock_fd, text, sizeof text, 0,
                                 (struct sockaddr *)&addr, &addr_len);
        if (count == -1) {
            perror("both_families_server: recvfrom");
            poll(NULL, 0, 100); /* whatever it is: do not spin */
            continue;
        }
        name_address(&addr, name);
        printf("%s from %s: ",
               IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? "IPv4" : "IPv6", name);
        print_quoted(text, (size_t)count);
    }
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
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
    fprintf(stderr, "both_families_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("both_families_server: standard output");
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

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "both_families_server: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    int is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, NAME_SIZE, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}

/* What came from outside is shown, not obeyed. Letters are shown as they are:
 * in UTF-8 they sort as their bytes do (RFC 3629 section 1). */
static void print_quoted(const char *bytes, size_t count)
{
    static const char ranges[][9] = {" ~",       "Àɏ",   "Αџ",   "ㄱㅣ",
                                     "가힣",     "ぁゖ", "ァー", "一鿿",
                                     "🌀🏺", "🐀🙏"};
    size_t done = 0;
    putchar('"');
    while (done < count && done < 60) {
        const char *at = bytes + done;
        size_t size = 0, whole = 1;
        while (whole < 4 && done + whole < count && (at[whole] & 0xc0) == 0x80)
            whole++;
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            size_t n = strlen(ranges[i]) / 2;
            if (n <= whole && memcmp(at, ranges[i], n) >= 0 &&
                memcmp(at, ranges[i] + n, n) <= 0)
                size = n;
        }
        if (size > 0)
            printf("%s%.*s", strchr("\"\\", *at) ? "\\" : "", (int)size, at);
        else if (*at == '\n')
            printf("\\n");
        else
            printf("\\x%02x", (unsigned char)*at);
        done += size > 0 ? size : 1;
    }
    printf(done < count ? "\"...\n" : "\"\n");
}
