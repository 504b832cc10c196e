/*
 * file_server.c - FILE to each client, then SHUT_WR; and still hear the thanks.
 *
 * First comes the length, in digits and a newline, then the bytes, then the
 * end of this direction. The other direction stays open: the client answers
 * when the file is safe on its side.
 *
 * Calls   socket, bind, listen, accept; write, shutdown, read, close
 * Try     cc file_server.c -o file_server && ./file_server 9190 file_server.c
 * See     listening on 127.0.0.1:9190
 * Pair    file_client.c; hasty_file_server.c is the one not to write
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GB on small systems, too */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { PATIENCE = 5 * 60 }; /* s that a client may do nothing */

static void serve(int conn_fd, int file_fd, const char *name);
static int open_file(const char *path);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int listen_at(const char *ip, const char *port);
static int accept_next(int listen_fd, char *name);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: file_server [ADDRESS] PORT FILE\n");
        return 2;
    }
    int file_fd = open_file(argv[argc - 1]);
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. A doorkeeper at our address. */
    int listen_fd = listen_at(argc > 3 ? argv[1] : "127.0.0.1", argv[argc - 2]);
    for (;;) {
        /* 2. Block until a client is there. */
        char name[NAME_SIZE];
        int conn_fd = accept_next(listen_fd, name);
        printf("accepted %s\n", name);
        serve(conn_fd, file_fd, name);

        /* 6. The thanks are read, or will never come: end the rest, too. */
        close(conn_fd);
    }
}

/* The length, for an end alone does not mean "complete"; then as many bytes,
 * even if the file grows. 1, or 0 if it has become shorter, or -1. */
static int send_file(int conn_fd, int file_fd, long long size)
{
    static char buffer[256 * 1024];
    ssize_t count = snprintf(buffer, sizeof buffer, "%lld\n", size);
    count = write_all(conn_fd, buffer, (size_t)count);
    while (count > 0 && size > 0) {
        size_t part =
            size < (long long)sizeof buffer ? (size_t)size : sizeof buffer;
        if ((count = read(file_fd, buffer, part)) > 0)
            count = write_all(conn_fd, buffer, (size_t)count);
        size -= count;
    }
    return count > 0 ? 1 : (int)count;
}

/* A time-out of SO_RCVTIMEO or SO_SNDTIMEO comes as EAGAIN. */
static const char *reason(int error)
{
    return strerror(error == EAGAIN || error == EWOULDBLOCK ? ETIMEDOUT
                                                            : error);
}

/* To its end, whatever it says: close with bytes unread would cost it what is
 * still on the way. */
static void hear_out(int conn_fd, const char *name)
{
    char said[64 * 1024];
    long long heard = 0;
    time_t until = time(NULL) + PATIENCE;
    size_t kept = 0; /* as much as is quoted stays, the rest is written over */
    ssize_t count = 1;
    while (count > 0 && time(NULL) < until) {
        count = read(conn_fd, said + kept, sizeof said - kept);
        heard += count > 0 ? count : 0;
        kept = heard < 61 ? (size_t)heard : 61;
    }
    int error = errno;
    if (heard > 0) {
        printf("%s says, %lld bytes: ", name, heard);
        print_quoted(said, kept);
    }
    if (count != 0)
        printf("%s lost: %s\n", name,
               count > 0 ? "it does not end" : reason(error));
    else if (heard == 0)
        printf("%s said no thanks: it may not have the file\n", name);
}

/* One client, from the length to the thanks. It may stop reading for ever, or
 * be silent: both are borne for PATIENCE. */
static void serve(int conn_fd, int file_fd, const char *name)
{
    struct timeval patience = {.tv_sec = PATIENCE};
    struct stat file;
    if (setsockopt(conn_fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
                   sizeof patience) == -1 ||
        setsockopt(conn_fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
                   sizeof patience) == -1 ||
        fstat(file_fd, &file) == -1 || lseek(file_fd, 0, SEEK_SET) == -1) {
        printf("%s gets no file: %s\n", name, strerror(errno));
        return;
    }

    /* 3. Say how much will come, and send it. */
    int sent = send_file(conn_fd, file_fd, file.st_size);
    if (sent != 1) {
        printf("%s lost in the file: %s\n", name,
               sent == 0 ? "it has become shorter" : reason(errno));
        return;
    }

    /* 4. No more from here. The client's read returns 0 when it has all. */
    if (shutdown(conn_fd, SHUT_WR) == -1) {
        printf("%s lost: shutdown: %s\n", name, strerror(errno));
        return;
    }
    printf("%lld bytes written, then the end: shutdown(SHUT_WR)\n",
           (long long)file.st_size);

    /* 5. The other half is open. */
    hear_out(conn_fd, name);
}

/* Not blocking: FILE may be a FIFO, and that is no file of a known length. */
static int open_file(const char *path)
{
    int file_fd = open(path, O_RDONLY | O_NONBLOCK);
    struct stat file;
    if (file_fd == -1 || fstat(file_fd, &file) == -1)
        die("open %.200s", path);
    if (!S_ISREG(file.st_mode)) {
        errno = S_ISDIR(file.st_mode) ? EISDIR : ENOTSUP;
        die("open %.200s", path);
    }
    return file_fd;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <poll.h>
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
    fprintf(stderr, "file_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("file_server: standard output");
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
    fprintf(stderr, "file_server: not ");
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
        perror("file_server: accept");
        poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
    }
    name_address(&addr, name);
    return fd;
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
