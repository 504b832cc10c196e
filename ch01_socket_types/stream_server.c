/*
 * stream_server.c - read a stream when you say so, with the buffer you say.
 *
 * Calls   socket -> bind -> listen -> accept -> read ... read 0 -> close
 * Try     cc stream_server.c -o stream_server && ./stream_server 9190
 * See     listening on 127.0.0.1:9190
 * Pair    stream_client.c; dgram_server.c is the same over UDP
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535", BIG = 65536 };

static size_t read_size(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int listen_at(const char *ip, const char *port);
static int accept_next(int listen_fd, char *name);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: stream_server [ADDRESS] PORT\n");
        return 2;
    }
    /* 1. A doorkeeper (SOCK_STREAM) at our address: see chapter 3. */
    int listen_fd = listen_at(argc > 2 ? argv[1] : "127.0.0.1", argv[argc - 1]);

    for (;;) {
        /* 2. Block until a connection is there. It has a socket of its own. */
        char name[NAME_SIZE];
        int conn_fd = accept_next(listen_fd, name);
        printf("accepted %s\n", name);
        printf("Enter reads once; a number first sets the buffer's size\n");

        /* 3. Each Enter is one read. It takes what is there and fits. */
        static char buffer[BIG];
        long long total = 0;
        int reads = 0;
        ssize_t count;
        size_t size = read_size();
        while ((count = read(conn_fd, buffer, size)) > 0) {
            printf("read %d, buffer %zu: %zd bytes ", ++reads, size, count);
            print_quoted(buffer, (size_t)count);
            total += count;
            size = read_size();
        }

        /* 4. A stream has an end, and read tells it: 0. */
        if (count == 0)
            printf("read gave 0: the client sends no more\n");
        else
            printf("%s lost: %s\n", name, strerror(errno));
        printf("%lld bytes in %d reads\n", total, reads);
        close(conn_fd);
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
        fprintf(stderr, "stream_server: not a size (1 to %d)\n", BIG);
    }
    if (ferror(stdin))
        die("read standard input");
    return BIG;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "stream_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("stream_server: standard output");
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
    fprintf(stderr, "stream_server: not ");
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

/* The doorkeeper: socket, bind and listen, which echo_server.c of chapter 3
 * shows one by one. Port 0 is the system's choice; the line says which. */
static int listen_at(const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 0, &addr);
    char name[NAME_SIZE];
    name_address(&addr, name);
    int listen_fd = socket(addr.ss_family, SOCK_STREAM, 0), on = 1;
    if (listen_fd == -1)
        die("socket");
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        cannot_bind(name);
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    name_address(&addr, name);
    printf("listening on %s\n", name);
    return listen_fd;
}

/* accept, which echo_server.c of chapter 3 shows, and the client's name. */
static int accept_next(int listen_fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    int fd;
    while ((fd = accept(listen_fd, (struct sockaddr *)&addr, &size)) == -1) {
        perror("stream_server: accept");
        poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
    }
    name_address(&addr, name);
    return fd;
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
