/*
 * dgram_server.c - receive datagrams when you say so, with the buffer you say.
 *
 * Calls   socket -> bind -> recvmsg ... recvmsg
 * Try     cc dgram_server.c -o dgram_server && ./dgram_server 9190
 * See     bound to 127.0.0.1:9190
 * Pair    dgram_client.c; stream_server.c is the same over TCP
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535", BIG = 65536 };
enum { GRACE = 300 }; /* ms: what was sent before Enter has come by then */

static size_t read_size(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void name_address(const struct sockaddr_storage *addr, char *name);
static int bind_at(const char *ip, const char *port);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: dgram_server [ADDRESS] PORT\n");
        return 2;
    }
    /* 1. A socket for datagrams (SOCK_DGRAM) at our address. No doorkeeper: it
     *    talks to everybody. */
    int sock_fd = bind_at(argc == 3 ? argv[1] : "127.0.0.1", argv[argc - 1]);
    printf("Enter receives once; a number first sets the buffer's size\n");

    for (int receives = 0;;) {
        size_t size = read_size();
        struct pollfd there = {.fd = sock_fd, .events = POLLIN};
        int ready = poll(&there, 1, GRACE);
        if (ready == -1)
            perror("dgram_server: poll");
        if (ready == 0)
            printf("nothing there: the sender is silent, or gone, or its "
                   "datagram is lost; waiting\n");

        /* 2. Each Enter takes one datagram, or as much of it as fits. */
        static char buffer[BIG];
        struct sockaddr_storage client_addr;
        struct iovec space = {.iov_base = buffer, .iov_len = size};
        struct msghdr datagram = {.msg_name = &client_addr,
                                  .msg_namelen = sizeof client_addr,
                                  .msg_iov = &space,
                                  .msg_iovlen = 1};
        ssize_t count = recvmsg(sock_fd, &datagram, 0);
        if (count == -1) {
            perror("dgram_server: recvmsg");
            poll(NULL, 0, 100); /* whatever it is: breathe, do not spin */
            continue;
        }
        char name[NAME_SIZE];
        name_address(&client_addr, name);
        printf("receive %d, buffer %zu, from %s: %zd bytes ", ++receives, size,
               name, count);
        print_quoted(buffer, (size_t)count);

        /* 3. recvmsg, unlike recvfrom, can tell that something was cut. */
        if (datagram.msg_flags & MSG_TRUNC)
            printf("the rest of this datagram is lost (MSG_TRUNC)\n");
    }
}

/* A number typed; BIG for Enter alone, and when there is no more input. */
static size_t read_size(void)
{
    char line[100];
    while (fgets(line, sizeof line, stdin) && *line != '\n') {
        unsigned long size = strtoul(line, NULL, 10);
        if (line[strspn(line, "0123456789")] == '\n' && size && size <= BIG)
            return size;
        fprintf(stderr, "dgram_server: not a size (1 to %d)\n", BIG);
    }
    if (ferror(stdin))
        die("read standard input");
    return BIG;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "dgram_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("dgram_server: standard output");
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
    fprintf(stderr, "dgram_server: not ");
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

/* A datagram socket at an address: socket and bind, which udp_echo_server.c
 * of chapter 4 shows. Port 0 is the system's choice; the line says which. */
static int bind_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int sock_fd = socket(addr.ss_family, SOCK_DGRAM, 0);
    if (sock_fd == -1)
        die("socket");
    if (bind(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (getsockname(sock_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("bound to %s\n", name);
    return sock_fd;
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
