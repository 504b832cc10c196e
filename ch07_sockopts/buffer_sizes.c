/*
 * buffer_sizes.c - the buffers asked for, those given, and what they hold.
 *
 * Calls   socket -> setsockopt -> getsockopt, around listen, connect, accept
 * Try     cc buffer_sizes.c -o buffer_sizes && ./buffer_sizes 65536
 * See     asked for 65536 bytes, and what each socket then has
 * Pair    io_buffers_server.c of chapter 3 fills such buffers
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STOPPED = 50 }; /* ms without room: the writer would stand still */
enum when { NEVER, BEFORE, AFTER };

static int new_socket(void);
static void ask(int fd, int bytes);
static void show(const char *what, int fd);
static void new_pair(int bytes, enum when when, int *client_fd, int *conn_fd);
static void show_full(const char *what, int bytes, enum when when);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static long long fill_up(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc > 2) {
        fprintf(stderr, "usage: buffer_sizes [BYTES]\n");
        return 2;
    }
    int bytes =
        argc == 2 ? (int)parse_number(argv[1], 1, 16777216, "size") : 65536;
    printf("socket                     SO_RCVBUF   SO_SNDBUF\n");

    /* 1. What a new socket has, and what it gets when it asks. */
    int sock_fd = new_socket();
    show("new", sock_fd);
    ask(sock_fd, bytes);
    printf("asked for               %12d%12d\n", bytes, bytes);
    show("given", sock_fd);

    /* 2. The system has a floor and a ceiling, and mentions neither. */
    ask(sock_fd, 1);
    show("given for 1", sock_fd);
    ask(sock_fd, INT_MAX);
    show("given for 2147483647", sock_fd);
    close(sock_fd);

    /* 3. The listener asks before listen: what it accepts inherits. */
    int client_fd, conn_fd;
    new_pair(bytes, BEFORE, &client_fd, &conn_fd);
    show("accepted, inherited", conn_fd);
    close(client_fd);
    close(conn_fd);

    /* 4. Nobody asks: the system tunes both as the data comes. */
    new_pair(bytes, NEVER, &client_fd, &conn_fd);
    show("connected, not asked", client_fd);
    close(client_fd);
    close(conn_fd);

    /* 5. What both ends' buffers hold together before the writer stops. */
    printf("taken while nobody reads\n");
    show_full("asked before listen and connect", bytes, BEFORE);
    show_full("asked after connect and accept", bytes, AFTER);
    show_full("not asked", bytes, NEVER);
    return 0;
}

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        die("socket");
    return fd;
}

static void ask(int fd, int bytes)
{
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == -1)
        die("setsockopt SO_RCVBUF");
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == -1)
        die("setsockopt SO_SNDBUF");
}

static void show(const char *what, int fd)
{
    int receive, send;
    socklen_t size = sizeof receive;
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, &size) == -1)
        die("getsockopt SO_RCVBUF");
    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, &size) == -1)
        die("getsockopt SO_SNDBUF");
    printf("%-24s%12d%12d\n", what, receive, send);
}

/* Both ends of one connection; both ask, before it exists or after. */
static void new_pair(int bytes, enum when when, int *client_fd, int *conn_fd)
{
    int listen_fd = new_socket();
    *client_fd = new_socket();
    if (when == BEFORE) {
        ask(listen_fd, bytes);
        ask(*client_fd, bytes);
    }
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    if (bind(listen_fd, (struct sockaddr *)&addr, sizeof addr) == -1)
        die("bind port 0");
    if (listen(listen_fd, 1) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    if (connect(*client_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect");
    *conn_fd = accept(listen_fd, NULL, NULL);
    if (*conn_fd == -1)
        die("accept");
    close(listen_fd);
    if (when == AFTER) {
        ask(*client_fd, bytes);
        ask(*conn_fd, bytes);
    }
}

/* Write until a blocking write would stand still. Nobody reads. */
static void show_full(const char *what, int bytes, enum when when)
{
    int client_fd, conn_fd;
    new_pair(bytes, when, &client_fd, &conn_fd);
    printf("%-33s%10lld bytes\n", what, fill_up(client_fd));
    close(client_fd);
    close(conn_fd);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <poll.h>
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
    fprintf(stderr, "buffer_sizes: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("buffer_sizes: standard output");
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

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "buffer_sizes: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}

/* Write until nothing more is taken for a while. */
static long long fill_up(int fd)
{
    static const char bytes[64 * 1024];
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    long long taken = 0;
    int blocking = fcntl(fd, F_GETFL), ready = 1;
    if (blocking == -1 || fcntl(fd, F_SETFL, blocking | O_NONBLOCK) == -1)
        die("fcntl");
    while (ready == 1) {
        ssize_t count = write(fd, bytes, sizeof bytes);
        if (count == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
            die("write");
        taken += count > 0 ? count : 0;
        if ((ready = poll(&room, 1, STOPPED)) == -1)
            die("poll");
    }
    if (fcntl(fd, F_SETFL, blocking) == -1) /* or close would not wait */
        die("fcntl");
    return taken;
}
