/*
 * udp_connected_client.c - connect a UDP socket: one peer, an address, errors.
 *
 * connect sends nothing. It registers the peer: from then on send and recv
 * need no address, strangers are not heard, and this end hears when nobody
 * has the peer's port. What may still come is an answer to an older question.
 *
 * Calls   socket -> connect -> send/recv -> close
 * Try     cc udp_connected_client.c -o udp_connected_client
 *         ./udp_connected_client 127.0.0.1 9190
 * See     after connect: 127.0.0.1:54321
 * Pair    udp_echo_server.c; stranger.c and late_server.c disturb it
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { PATIENCE = 1000 }; /* ms from sending to giving an answer up */

static bool hear_peer(int sock_fd, const char *line, size_t count);
static ssize_t receive_now(int sock_fd, char *buffer, size_t size);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static void name_own(int fd, char *name);
static long long now_ms(void);
static int await_until(int fd, long long deadline);
static ssize_t read_line(char *line, size_t size);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: udp_connected_client ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);
    char server_name[NAME_SIZE];
    name_address(&server_addr, server_name);

    /* 1. A datagram socket. It has no address, and no peer. */
    int sock_fd = socket(server_addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    char name[NAME_SIZE];
    name_own(sock_fd, name);
    printf("before connect: %s\n", name);

    /* 2. Register the peer. Nothing is sent: nobody there needs to agree. */
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s", server_name);
    name_own(sock_fd, name);
    printf("after connect: %s\n", name);
    if (fcntl(sock_fd, F_SETFL, O_NONBLOCK) == -1) /* poll waits instead */
        die("fcntl O_NONBLOCK");

    static char line[64 * 1024], buffer[64 * 1024];
    int unanswered = 0;
    ssize_t length, received;
    while ((length = read_line(line, sizeof line)) != -1) {
        size_t count =
            (size_t)length < sizeof line ? (size_t)length : sizeof line;

        /* 3. What is here before the question cannot be its answer. */
        for (int i = 0; i < 1000; i++) {
            if ((received = receive_now(sock_fd, buffer, sizeof buffer)) == -1)
                break;
            printf("ignored, unasked, %zd bytes: ", received);
            print_quoted(buffer, (size_t)received);
        }

        /* 4. No address: send knows the peer. */
        if (send(sock_fd, line, count, 0) == -1)
            die("send to %s, %zd bytes", server_name, length);

        /* 5. Only the peer's datagrams come here, or the news of its end. */
        if (!hear_peer(sock_fd, line, count)) {
            fprintf(stderr,
                    "udp_connected_client: no answer from %s in %d ms\n",
                    server_name, PATIENCE);
            unanswered++;
        }
    }
    close(sock_fd);
    return unanswered ? 1 : 0;
}

/* Do the bytes of this line come back, in time? */
static bool hear_peer(int sock_fd, const char *line, size_t count)
{
    static char buffer[64 * 1024];
    long long deadline = now_ms() + PATIENCE;
    while (await_until(sock_fd, deadline)) {
        ssize_t received = receive_now(sock_fd, buffer, sizeof buffer);
        if (received == -1)
            continue;
        bool answered =
            (size_t)received == count && memcmp(buffer, line, count) == 0;
        printf(answered ? "%zd bytes: "
                        : "ignored, not the answer, %zd bytes: ",
               received);
        print_quoted(buffer, (size_t)received);
        if (answered)
            return true;
    }
    return false;
}

/* A datagram that is there, or -1. An error is news: nobody has the port. */
static ssize_t receive_now(int sock_fd, char *buffer, size_t size)
{
    ssize_t received = recv(sock_fd, buffer, size, 0);
    if (received == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
        die("recv");
    return received;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "udp_connected_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("udp_connected_client: standard output");
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
    fprintf(stderr, "udp_connected_client: not ");
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

/* The address and the port that this end has now. */
static void name_own(int fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
}

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Wait for something to come, not for ever: 0 when the time (of now_ms) is up,
 * however much came before. */
static int await_until(int fd, long long deadline)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    long long left = deadline - now_ms();
    int ready = left > 0 ? poll(&wanted, 1, (int)left) : 0;
    if (ready == -1)
        die("poll");
    return ready;
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
