/*
 * call_order_client.c - a client's calls, one after the other, each printed
 * with its arguments and with what it returned. Enter makes the next one.
 *
 * Calls   socket -> connect -> write/read -> close
 * Try     cc call_order_client.c -o call_order_client
 *         ./call_order_client 127.0.0.1 9190
 * See     socket(AF_INET, SOCK_STREAM, 0) = 3
 * Pair    call_order_server.c in a first terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { PATIENCE = 5 * 60 * 1000 }; /* ms without a byte from the server */

static void print_own_address(int fd);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_own(int fd, char *name);
static void await_bytes(int fd);
static void wait_for_enter(void);
static void print_result(const char *call, ssize_t result, const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: call_order_client ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. A socket of the server's kind. It has no address yet. */
    int sock_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    printf("socket(%s, SOCK_STREAM, 0) = %d\n",
           server_addr.ss_family == AF_INET ? "AF_INET" : "AF_INET6", sock_fd);
    print_own_address(sock_fd);

    /* 2. The handshake. It also gives this end an address and a port. */
    printf("Enter calls connect\n");
    wait_for_enter();
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);
    printf("connect(%d, &server_addr, %d) = 0\n", sock_fd, (int)addr_len);
    print_own_address(sock_fd);

    /* 3. No address here: a connected socket knows where its bytes go. */
    printf("Enter calls write\n");
    wait_for_enter();
    const char text[] = "hello\n";
    size_t sent = 0, length = sizeof text - 1;
    while (sent < length) {
        printf("write(%d, text, %zu)", sock_fd, length - sent);
        ssize_t count = write(sock_fd, text + sent, length - sent);
        print_result("", count, NULL);
        if (count == -1) {
            fprintf(stderr, "call_order_client: the server left\n");
            return 1;
        }
        sent += (size_t)count;
    }

    /* 4. The answer, in as many pieces as it likes to come. */
    printf("Enter calls read\n");
    wait_for_enter();
    for (size_t back = 0; back < length;) {
        char buffer[1024];
        printf("read(%d, buffer, %zu) waits\n", sock_fd, sizeof buffer);
        await_bytes(sock_fd);
        ssize_t count = read(sock_fd, buffer, sizeof buffer);
        print_result("read(...)", count, buffer);
        if (count < 1) {
            fprintf(stderr, "call_order_client: the server left\n");
            return 1;
        }
        back += (size_t)count;
    }

    /* 5. The other end's read returns 0 when it has taken all the bytes. */
    printf("Enter calls close\n");
    wait_for_enter();
    printf("close(%d)", sock_fd);
    print_result("", close(sock_fd), NULL);
    return 0;
}

/* The local address, as the system knows it now. */
static void print_own_address(int fd)
{
    char name[NAME_SIZE];
    name_own(fd, name);
    printf("    socket %d is at %s\n", fd, name);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
    fprintf(stderr, "call_order_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("call_order_client: standard output");
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
    fprintf(stderr, "call_order_client: not ");
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
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

/* What a call returned, and where it is -1, why; bytes that came, if any. */
static void print_result(const char *call, ssize_t result, const char *bytes)
{
    int error = errno;
    printf("%s = %zd", call, result);
    if (result == -1)
        printf(" %s\n", strerror(error));
    else if (result > 0 && bytes) {
        printf(" ");
        print_quoted(bytes, (size_t)result);
    } else
        printf("\n");
}
