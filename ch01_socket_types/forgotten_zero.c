/*
 * forgotten_zero.c - received bytes are no string: nobody sends the final 0.
 *
 * Calls   socket -> bind -> connect (to itself) -> send, recv
 * Try     cc forgotten_zero.c -o forgotten_zero && ./forgotten_zero
 * See     recv 2 bytes, printed with %s:  "hiod morning"
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { PATIENCE = 10 * 1000 }; /* ms for a datagram that is on its way */

static int open_socket(void);
static ssize_t send_to_ourselves(int fd, const char *text, char *buffer,
                                 size_t size);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void await_bytes(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: forgotten_zero (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    int sock_fd = open_socket();

    /* 1. A new buffer is full of zeros here, so the mistake does not show. */
    static char buffer[100];
    ssize_t count =
        send_to_ourselves(sock_fd, "good morning", buffer, sizeof buffer);
    printf("recv %zd bytes, printed with %%s: \"%s\"\n", count, buffer);

    /* 2. recv writes two bytes over it, and not one more. */
    count = send_to_ourselves(sock_fd, "hi", buffer, sizeof buffer);
    printf("recv %zd bytes, printed with %%s:  \"%s\"\n", count, buffer);

    /* 3. What has come is buffer and count: print so many, or add the 0. */
    printf("the same, printed with %%.*s:    \"%.*s\"\n", (int)count, buffer);
    buffer[count] = '\0';
    printf("the same, with a 0 behind it:   \"%s\"\n", buffer);

    /* 4. Other bytes have a 0 of their own, as each JPEG picture here: strlen
     * stops there. Only who has read or made them knows how many they are. */
    static const char picture[] = "\xff\xd8\xff\xe0\0\x10JFIF";
    count = send_to_ourselves(sock_fd, picture, buffer, sizeof buffer);
    printf("a picture's first %zu bytes, sent with strlen: recv %zd\n",
           sizeof picture - 1, count);

    /* 5. And sizeof measures a pointer, not what it points to. */
    const char *text = "good morning";
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): that is the mistake */
    printf("a pointer to 12 bytes: sizeof is %zu\n", sizeof text);
    return 0;
}

/* A datagram socket that is connected to itself: both ends of everything. */
static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1)
        die("socket");
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t addr_len = sizeof addr;
    if (inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr) != 1)
        die("inet_pton 127.0.0.1");
    if (bind(fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind 127.0.0.1:0");
    if (getsockname(fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    if (connect(fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect 127.0.0.1");
    return fd;
}

/* strlen does not count the final 0, so it is not sent. */
static ssize_t send_to_ourselves(int fd, const char *text, char *buffer,
                                 size_t size)
{
    if (send(fd, text, strlen(text), 0) == -1)
        die("send");
    await_bytes(fd);
    ssize_t count = recv(fd, buffer, size - 1, 0); /* room for a 0 */
    if (count == -1)
        die("recv");
    return count;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <errno.h>
#include <fcntl.h>
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
    fprintf(stderr, "forgotten_zero: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("forgotten_zero: standard output");
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

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}
