/*
 * call_order_server.c - a server's calls, one after the other, each printed
 * with its arguments and with what it returned.
 *
 * Calls   socket -> bind -> listen -> accept -> read/write -> close
 * Try     cc call_order_server.c -o call_order_server
 *         ./call_order_server 9190
 * See     socket(AF_INET, SOCK_STREAM, 0) = 3
 * Pair    call_order_client.c in a second terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static void talk(int conn_fd);
static void print_address(int fd);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void cannot_bind(const char *name);
static void print_result(const char *call, ssize_t result, const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: call_order_server [ADDRESS] PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr, client_addr;
    socklen_t addr_len = parse_address(argc == 3 ? argv[1] : "127.0.0.1",
                                       argv[argc - 1], 0, &server_addr);
    char name[NAME_SIZE];
    name_address(&server_addr, name);
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. A socket: one end of a connection to be. It has no address yet. */
    int listen_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
    if (listen_fd == -1)
        die("socket");
    printf("socket(%s, SOCK_STREAM, 0) = %d\n",
           server_addr.ss_family == AF_INET ? "AF_INET" : "AF_INET6",
           listen_fd);
    print_address(listen_fd);
    int on = 1; /* restart while old connections fade away: see chapter 7 */
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");

    /* 2. Clients must know where to find it: give it address and port. */
    if (bind(listen_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        cannot_bind(name);
    printf("bind(%d, &server_addr, %d) = 0\n", listen_fd, (int)addr_len);
    print_address(listen_fd);

    /* 3. Make a doorkeeper of it. From now on clients can knock. */
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    printf("listen(%d, SOMAXCONN) = 0\n", listen_fd);
    if (getsockname(listen_fd, (struct sockaddr *)&server_addr, &addr_len))
        die("getsockname");
    name_address(&server_addr, name);
    printf("listening on %s\n", name);

    for (;;) {
        /* 4. Take one connection. Until there is one, we sleep in accept. */
        printf("accept(%d, &client_addr, &addr_len) waits\n", listen_fd);
        addr_len = sizeof client_addr;
        int conn_fd =
            accept(listen_fd, (struct sockaddr *)&client_addr, &addr_len);
        if (conn_fd == -1) {
            perror("call_order_server: accept");
            poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
            continue;
        }
        name_address(&client_addr, name);
        printf("accept(...) = %d, client_addr is %s\n", conn_fd, name);
        print_address(conn_fd); /* the doorkeeper's port, too */

        talk(conn_fd);

        /* 6. That ends this conversation. The doorkeeper is still there. */
        printf("close(%d)", conn_fd);
        print_result("", close(conn_fd), NULL);
    }
}

/* 5. The new socket is our end of this one conversation. */
static void talk(int conn_fd)
{
    char buffer[1024];
    ssize_t count;
    do {
        printf("read(%d, buffer, %zu) waits\n", conn_fd, sizeof buffer);
        count = read(conn_fd, buffer, sizeof buffer);
        print_result("read(...)", count, buffer);
        for (ssize_t done = 0, sent; done < count; done += sent) {
            printf("write(%d, buffer, %zd)", conn_fd, count - done);
            sent = write(conn_fd, buffer + done, (size_t)(count - done));
            print_result("", sent, NULL);
            if (sent == -1)
                count = -1; /* nobody is there any more */
        }
    } while (count > 0);
}

/* The local address, as the system knows it now. */
static void print_address(int fd)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = sizeof addr;
    char name[NAME_SIZE];
    if (getsockname(fd, (struct sockaddr *)&addr, &addr_len) == -1) {
        perror("call_order_server: getsockname");
        return;
    }
    name_address(&addr, name);
    printf("    socket %d is at %s\n", fd, name);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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
    fprintf(stderr, "call_order_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("call_order_server: standard output");
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
    fprintf(stderr, "call_order_server: not ");
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
