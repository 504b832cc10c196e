/*
 * dgram_client.c - send each line you type as one datagram.
 *
 * Calls   socket -> sendto ... sendto -> close
 * Try     cc dgram_client.c -o dgram_client
 *         ./dgram_client 127.0.0.1 9190
 * See     send 1: 2 bytes "hi"
 * Pair    dgram_server.c in a first terminal; stream_client.c does it over TCP
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIGGEST = 70000 };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static ssize_t read_line(char *line, size_t size);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: dgram_client ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);

    /* 1. A socket for datagrams. No connect: nobody has to be there. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    printf("each line is one datagram; Ctrl-D closes\n");

    /* 2. Each line is one datagram, and each datagram has its address. */
    static char line[BIGGEST];
    long long total = 0;
    int sends = 0;
    ssize_t length;
    while ((length = read_line(line, sizeof line)) != -1) {
        if (length > BIGGEST) {
            fprintf(stderr, "dgram_client: left out: a line of %zd bytes\n",
                    length);
            continue;
        }
        ssize_t sent = sendto(sock_fd, line, (size_t)length, 0,
                              (struct sockaddr *)&server_addr, addr_len);
        if (sent == -1 && errno != EMSGSIZE)
            die("sendto %s port %s", argv[1], argv[2]);
        if (sent == -1) {
            printf("%zd bytes refused: EMSGSIZE, too long for a datagram\n",
                   length);
            continue;
        }
        printf("send %d: %zd bytes ", ++sends, sent);
        print_quoted(line, (size_t)sent);
        total += sent;
    }

    /* 3. The socket is gone, and nobody is told. */
    close(sock_fd);
    printf("%lld bytes in %d sends\n", total, sends);
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "dgram_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("dgram_client: standard output");
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
    fprintf(stderr, "dgram_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
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
