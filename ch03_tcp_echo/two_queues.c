/*
 * two_queues.c - a client that is connected, but not in the waiting room: the
 * room was full when the last packet of its handshake came.
 *
 * Needs Linux: /proc/net/tcp has the queues; IP_MINTTL holds a packet up.
 *
 * Calls   socket, bind, listen; connect (three clients), write; accept
 * Try     cc two_queues.c -o two_queues && ./two_queues
 * See     A is ESTABLISHED, and the room is as it was
 */
#define _GNU_SOURCE /* for IP_MINTTL, SOCK_NONBLOCK */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 20 * 1000 /* ms */, STEP = 10 };

static int new_client(const struct sockaddr_in *addr, int least_ttl);
static void await_queues(const char *what, unsigned port, int half, int full);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: two_queues (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* 1. A room for 1, which on Linux is one for 2. */
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.4", &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 ||
        bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1 ||
        listen(listen_fd, 1) == -1 ||
        getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("socket, bind, listen, getsockname");
    unsigned port = ntohs(addr.sin_port);
    printf("%-36s half open  in the room\n", "");

    /* 2. A's SYN finds room, but its answer is held up; B and C fill it. */
    int a_fd = new_client(&addr, 255), pass = 0;
    await_queues("A: connect; the SYN ACK is held up", port, 1, 0);
    new_client(&addr, pass);
    new_client(&addr, pass);
    await_queues("B, C: connect", port, 1, 2);

    /* 3. The SYN ACK comes again. A's own ACK finds the room full. */
    struct pollfd connected = {.fd = a_fd, .events = POLLOUT};
    if (setsockopt(a_fd, IPPROTO_IP, IP_MINTTL, &pass, sizeof pass) == -1 ||
        poll(&connected, 1, PATIENCE) != 1 || write(a_fd, "hello\n", 6) != 6)
        die("setsockopt, poll, write");
    await_queues("A: is ESTABLISHED, and write = 6", port, 1, 2);

    /* 4. accept makes room. What A sends again now lets it in. */
    if (accept(listen_fd, NULL, NULL) == -1)
        die("accept");
    await_queues("accept; A sends again", port, 0, 2);
    return 0;
}

static int new_client(const struct sockaddr_in *addr, int least_ttl)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1 ||
        setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least_ttl, sizeof least_ttl))
        die("socket, setsockopt IP_MINTTL");
    if (connect(fd, (const struct sockaddr *)addr, sizeof *addr) == -1 &&
        errno != EINPROGRESS)
        die("connect");
    return fd;
}

/* Until so many are half open, and so many wait in the listening socket. */
static void await_queues(const char *what, unsigned port, int half, int full)
{
    for (int left = PATIENCE / STEP;; poll(NULL, 0, STEP), left--) {
        unsigned at, state, queued;
        int half_now = 0, full_now = 0;
        char line[256];
        FILE *list = fopen("/proc/net/tcp", "r");
        while (list && fgets(line, sizeof line, list))
            if (sscanf(line, "%*d: %*x:%x %*x:%*x %x %*x:%x", &at, &state,
                       &queued) == 3 &&
                at == port) {
                half_now += state == 3;                    /* SYN_RECV */
                full_now += state == 10 ? (int)queued : 0; /* LISTEN */
            }
        if (!list || ferror(list) || fclose(list) == EOF)
            die("read /proc/net/tcp");
        if (half_now == half && full_now == full)
            break;
        errno = ETIMEDOUT;
        if (left == 0)
            die("%s", what);
    }
    printf("%-36s %9d %12d\n", what, half, full);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
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
    fprintf(stderr, "two_queues: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("two_queues: standard output");
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
