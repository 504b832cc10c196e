/*
 * read_lines.c - lines from a stream. They come in pieces, and a piece may
 * hold the end of one line and the beginning of another.
 *
 * Calls   socket -> connect/accept -> write/read -> close
 * Try     cc read_lines.c -o read_lines && ./read_lines
 * See     writes, reads, and lines that fit neither; and a quit that is none
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 10 * 1000 }; /* ms without a byte from the other end */

/* What has come and is not taken yet. The longest line must fit. */
struct buffer {
    char bytes[16];
    size_t have;
};

static ssize_t take_line(struct buffer *buffer, char *line);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static void print_quoted(const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: read_lines (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    int client_fd, server_fd;
    connect_pair("127.0.0.1", &client_fd, &server_fd);
    struct buffer buffer = {.have = 0};
    static const char *const pieces[] = {
        "hel", "lo\nhow are ", "you\nquit\r\nbye", "\nthis line is too long"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        /* 1. A piece goes out, as a program or the network likes to cut. */
        size_t length = strlen(pieces[i]);
        if (write_all(client_fd, pieces[i], length) == -1)
            die("write");

        /* 2. All that has come, behind what is still there. */
        for (size_t back = 0; back < length;) {
            await_bytes(server_fd);
            ssize_t count = read(server_fd, buffer.bytes + buffer.have,
                                 sizeof buffer.bytes - buffer.have);
            if (count < 1)
                die("read");
            printf("read %zd: ", count);
            print_quoted(buffer.bytes + buffer.have, (size_t)count);
            buffer.have += (size_t)count;
            back += (size_t)count;

            /* 3. As many lines as are whole: none, one, or several. */
            char line[sizeof buffer.bytes];
            ssize_t size;
            while ((size = take_line(&buffer, line)) != -1) {
                printf("    line: ");
                print_quoted(line, (size_t)size);
                line[size] = '\0';
                if (strncmp(line, "quit", 4) == 0 && strcmp(line, "quit") != 0)
                    printf("    strcmp: not \"quit\"\n");
            }
            /* 4. Full, and no end of a line in sight: give up, or the read
             * above gets no room, returns 0, and looks like the end. */
            if (buffer.have == sizeof buffer.bytes) {
                printf("    no line has more than %zu bytes here\n",
                       sizeof buffer.bytes - 1);
                return 0;
            }
        }
    }
    return 0;
}

/* The first line, without its end, and its length; -1 if it is not whole. */
static ssize_t take_line(struct buffer *buffer, char *line)
{
    char *end = memchr(buffer->bytes, '\n', buffer->have);
    if (!end)
        return -1;
    size_t size = (size_t)(end - buffer->bytes);
    memcpy(line, buffer->bytes, size);
    buffer->have -= size + 1;
    memmove(buffer->bytes, end + 1, buffer->have); /* what came behind it */
    return (ssize_t)size;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "read_lines: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("read_lines: standard output");
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

/* Both ends of a connection at an address of this computer: A has called
 * connect, B is what accept returned. */
static void connect_pair(const char *ip, int *a_fd, int *b_fd)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, ip, &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    *a_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 || *a_fd == -1)
        die("socket");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind");
    if (listen(listen_fd, 1) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    if (connect(*a_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect");
    *b_fd = accept(listen_fd, NULL, NULL);
    if (*b_fd == -1)
        die("accept");
    close(listen_fd);
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
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
