/*
 * talk_client.c - hear the keyboard and the server at the same time.
 *
 * Calls   socket -> connect -> poll on two descriptors -> read/write
 * Try     cc talk_client.c -o talk_client && ./talk_client 127.0.0.1 9190
 * See     what the server says, and that it leaves, when it happens
 * Pair    echo_server.c; compare echo_client.c, which hears one at a time
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5 * 60 * 1000 }; /* ms in which nobody says anything */

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int connect_to(int type, const char *ip, const char *port);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: talk_client ADDRESS PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */
    int sock_fd = connect_to(SOCK_STREAM, argv[1], argv[2]);
    struct pollfd both[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = sock_fd, .events = POLLIN}};

    for (;;) {
        /* 1. Wait for whoever comes first. */
        errno = ETIMEDOUT; /* unless poll itself fails, and says why */
        if (poll(both, 2, PATIENCE) < 1)
            die("poll");
        char bytes[1024];

        /* 2. The server: bytes, or its end, whatever the keyboard does. */
        if (both[1].revents) {
            ssize_t count = read(sock_fd, bytes, sizeof bytes);
            if (count == -1)
                die("read");
            if (count == 0)
                break;
            print_quoted(bytes, (size_t)count);
        }
        /* 3. The keyboard. At its end our half ends; poll skips a -1. */
        if (both[0].revents) {
            ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
            if (count == -1)
                die("read standard input");
            if (count == 0 && shutdown(sock_fd, SHUT_WR) == -1)
                die("shutdown");
            if (write_all(sock_fd, bytes, (size_t)count) == -1)
                die("write");
            if (count == 0)
                both[0].fd = -1;
        }
    }
    /* 4. Who said the last word? */
    int ours = both[0].fd == -1;
    printf(ours ? "the server has ended, too\n" : "the server has left\n");
    return ours ? 0 : 1;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
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
    fprintf(stderr, "talk_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("talk_client: standard output");
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
    fprintf(stderr, "talk_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
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

/* write may take only a part of it. Returns count, or -1. */
static ssize_t write_all(int fd, const char *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t written = write(fd, bytes + done, count - done);
        if (written == -1)
            return -1;
        done += (size_t)written;
    }
    return (ssize_t)count;
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
