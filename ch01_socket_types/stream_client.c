/*
 * stream_client.c - write each line you type to a stream with one write.
 *
 * Calls   socket -> connect -> write ... write -> close
 * Try     cc stream_client.c -o stream_client
 *         ./stream_client 127.0.0.1 9190
 * See     write 1: 2 bytes "hi"
 * Pair    stream_server.c in a first terminal; dgram_client.c does it over UDP
 *
 * On Linux it waits after a write until the other system has confirmed the
 * bytes (TIOCOUTQ, not POSIX): what the screen shows as written has arrived.
 */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIGGEST = 70000, PATIENCE = 5 * 1000, STEP = 20 /* ms */ };

static int await_delivery(int fd);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static ssize_t read_line(char *line, size_t size);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: stream_client ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. A socket for a stream. */
    int sock_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");

    /* 2. A stream has two ends: without a server there is none. */
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);
    printf("each line is one write; Ctrl-D closes\n");

    /* 3. Each line is one write of its own, an empty one, too. */
    static char line[BIGGEST];
    long long total = 0;
    int writes = 0;
    ssize_t length;
    while ((length = read_line(line, sizeof line)) != -1) {
        if (length > BIGGEST) {
            fprintf(stderr, "stream_client: left out: a line of %zd bytes\n",
                    length);
            continue;
        }
        if (write_all(sock_fd, line, (size_t)length) == -1)
            die("write");
        int unconfirmed = await_delivery(sock_fd);
        printf("write %d: %zd bytes ", ++writes, length);
        print_quoted(line, (size_t)length);
        if (unconfirmed > 0)
            printf("%d bytes wait here: does the server read?\n", unconfirmed);
        total += length;
    }

    /* 4. The end of the stream. The server's read will return 0. */
    close(sock_fd);
    printf("%lld bytes in %d writes\n", total, writes);
    return 0;
}

/* Until the other system has confirmed every byte. Returns how many it has
 * not after PATIENCE; a stream that is dead is the next write's affair. */
static int await_delivery(int fd)
{
    int unconfirmed = 0;
#ifdef __linux__
    struct pollfd peer = {.fd = fd}; /* no events: only errors end the poll */
    for (int ms = 0; ms < PATIENCE; ms += STEP) {
        if (ioctl(fd, TIOCOUTQ, &unconfirmed) == -1)
            die("ioctl TIOCOUTQ");
        int over = unconfirmed == 0 ? 1 : poll(&peer, 1, STEP);
        if (over == -1)
            die("poll");
        if (over)
            return 0;
    }
#else
    (void)fd;
#endif
    return unconfirmed;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "stream_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("stream_client: standard output");
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
    fprintf(stderr, "stream_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
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

/* One line, without its newline; -1 at the end of input. What does not fit
 * is left out, but the length returned is the whole line's. */
static ssize_t read_line(char *line, size_t size)
{
    ssize_t length = 0;
    int byte;
    while ((byte = getchar()) != '\n' && byte != EOF)
        if ((size_t)length++ < size)
            line[length - 1] = (char)byte;
    if (ferror(stdin))
        die("read standard input");
    return byte == EOF && length == 0 ? -1 : length;
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
