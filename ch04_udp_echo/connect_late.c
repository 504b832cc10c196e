/*
 * connect_late.c - what waits in the buffer when a UDP socket is connected?
 *
 * connect keeps strangers out from now on. What they sent before is inside,
 * and recv hands it over without a word of who sent it.
 *
 * Calls   socket, bind -> sendto, sendto -> connect -> recv, recv
 * Try     cc connect_late.c -o connect_late && ./connect_late
 * See     after connect: recv gives "before" of the stranger
 * Pair    udp_connected_client.c connects before anybody knows its port
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int bound_socket(struct sockaddr_in *addr);
static void send_text(int from_fd, const char *text,
                      const struct sockaddr_in *to);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: connect_late (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* 1. Three sockets: ours, the peer's, a stranger's. */
    struct sockaddr_in our_addr, peer_addr, stranger_addr;
    int our_fd = bound_socket(&our_addr);
    int peer_fd = bound_socket(&peer_addr);
    int stranger_fd = bound_socket(&stranger_addr);

    /* 2. The stranger sends; then we connect to the peer. */
    send_text(stranger_fd, "the stranger's, before connect", &our_addr);
    if (connect(our_fd, (struct sockaddr *)&peer_addr, sizeof peer_addr) == -1)
        die("connect");
    printf("connect to the peer\n");

    /* 3. Both send once more. */
    send_text(stranger_fd, "the stranger's, after connect", &our_addr);
    send_text(peer_fd, "the peer's", &our_addr);

    /* 4. What is there? On one computer it has all arrived. */
    if (fcntl(our_fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    char text[100];
    ssize_t count;
    while ((count = recv(our_fd, text, sizeof text, 0)) != -1)
        printf("recv: %.*s\n", (int)count, text);
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        die("recv");
    printf("recv: nothing more\n");
    return 0;
}

/* A datagram socket at 127.0.0.1, with a port of the system's choice. */
static int bound_socket(struct sockaddr_in *addr)
{
    socklen_t addr_len = sizeof *addr;
    memset(addr, 0, sizeof *addr);
    addr->sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &addr->sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd == -1)
        die("socket");
    if (bind(fd, (struct sockaddr *)addr, addr_len) == -1)
        die("bind 127.0.0.1");
    if (getsockname(fd, (struct sockaddr *)addr, &addr_len) == -1)
        die("getsockname");
    return fd;
}

static void send_text(int from_fd, const char *text,
                      const struct sockaddr_in *to)
{
    if (sendto(from_fd, text, strlen(text), 0, (const struct sockaddr *)to,
               sizeof *to) == -1)
        die("sendto");
    printf("sent: %s\n", text);
}

/* ---- The same in every program of this suite (tests/common) ---- */
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
    fprintf(stderr, "connect_late: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("connect_late: standard output");
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
