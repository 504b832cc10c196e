/*
 * ports_server.c - two sockets, two ports, one program: who gets what.
 *
 * Calls   socket -> bind, twice; poll -> recvfrom
 * Try     cc ports_server.c -o ports_server && ./ports_server 9190 9191
 * See     bound to 127.0.0.1:9190
 * Pair    ports_client.c in a second terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void cannot_bind(const char *name);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: ports_server [ADDRESS] PORT PORT\n");
        return 2;
    }
    const char *ip = argc == 4 ? argv[1] : "127.0.0.1";
    struct sockaddr_storage addrs[2], client_addr;
    socklen_t addr_len = parse_address(ip, argv[argc - 2], 0, &addrs[0]);
    parse_address(ip, argv[argc - 1], 0, &addrs[1]);
    char name[NAME_SIZE];

    /* 1. Two sockets, each with a port of its own. */
    struct pollfd sockets[2];
    for (int i = 0; i < 2; i++) {
        int sock_fd = socket(addrs[i].ss_family, SOCK_DGRAM, 0);
        if (sock_fd == -1)
            die("socket");
        name_address(&addrs[i], name);
        if (bind(sock_fd, (struct sockaddr *)&addrs[i], addr_len) == -1)
            cannot_bind(name);
        if (getsockname(sock_fd, (struct sockaddr *)&addrs[i], &addr_len))
            die("getsockname");
        name_address(&addrs[i], name);
        printf("bound to %s (socket %d)\n", name, i + 1);
        sockets[i] = (struct pollfd){.fd = sock_fd, .events = POLLIN};
    }

    for (;;) {
        /* 2. Whatever comes to this computer, the system looks at its port. */
        if (poll(sockets, 2, -1) == -1)
            die("poll");
        for (int i = 0; i < 2; i++) {
            if (sockets[i].revents == 0)
                continue;

            /* 3. It lies in the socket that has this port, and no other. */
            char text[2000];
            addr_len = sizeof client_addr;
            ssize_t count =
                recvfrom(sockets[i].fd, text, sizeof text, 0,
                         (struct sockaddr *)&client_addr, &addr_len);
            if (count == -1) {
                perror("ports_server: recvfrom");
                poll(NULL, 0, 100); /* whatever it is: do not spin */
                continue;
            }
            name_address(&client_addr, name);
            printf("socket %d received from %s: ", i + 1, name);
            print_quoted(text, (size_t)count);
        }
    }
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "ports_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("ports_server: standard output");
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
    fprintf(stderr, "ports_server: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
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

/* Why bind refused, and what its words do not say. */
static _Noreturn void cannot_bind(const char *name)
{
    die("bind %s%s", name,
        errno == EACCES          ? ": ports below 1024 are root's"
        : errno == EADDRNOTAVAIL ? ": not an address of this computer"
                                 : "");
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
