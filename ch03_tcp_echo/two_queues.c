/*
 * two_queues.c - a client that is connected, but not in the waiting room: the
 * room was full when the last packet of its handshake came.
 *
 * Needs Linux: /proc/net/tcp tells how long the two queues are, and IP_MINTTL
 * holds a packet up: the socket drops what has a hop limit below 255.
 *
 * Calls   socket -> bind -> listen; connect, three clients; write; accept
 * Try     cc two_queues.c -o two_queues && ./two_queues
 * See     A is ESTABLISHED, and the room is as it was
 */
#define _GNU_SOURCE /* for IP_MINTTL */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 20 * 1000 /* ms */, STEP = 10 };
enum { SYN_RECV = 3, LISTEN = 10 }; /* states, in /proc/net/tcp's numbers */

static void await_queues(const char *event, int port, unsigned half,
                         unsigned inside);
static void look_at_queues(int port, unsigned *half, unsigned *inside);
static int new_socket(void);
static void hold_up(int fd, int on);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: two_queues (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* 1. A room for 1, which on Linux is one for 2. (Linux remembers which
     * address was slow; 127.0.0.1 is not to be one of them.) */
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.4", &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    int listen_fd = new_socket();
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind");
    if (listen(listen_fd, 1) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    int port = ntohs(addr.sin_port);
    printf("%-36s half open  in the room\n", "");

    /* 2. Client A's SYN finds room. The answer is held up on its way. */
    int a_fd = new_socket();
    hold_up(a_fd, 1);
    if (fcntl(a_fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    if (connect(a_fd, (struct sockaddr *)&addr, addr_len) == -1 &&
        errno != EINPROGRESS)
        die("connect");
    await_queues("A: connect; the SYN ACK is held up", port, 1, 0);

    /* 3. Meanwhile B and C fill the room. */
    for (int i = 0; i < 2; i++)
        if (connect(new_socket(), (struct sockaddr *)&addr, addr_len) == -1)
            die("connect");
    await_queues("B, C: connect", port, 1, 2);

    /* 4. The SYN ACK is sent again, and comes: A is ESTABLISHED and writes.
     * But its own ACK found the room full, and was thrown away. */
    hold_up(a_fd, 0);
    struct pollfd connected = {.fd = a_fd, .events = POLLOUT};
    if (poll(&connected, 1, PATIENCE) != 1 || write(a_fd, "hello\n", 6) != 6)
        die("write");
    await_queues("A: is ESTABLISHED, and write = 6", port, 1, 2);

    /* 5. accept makes room. What A sends again now lets it in. */
    for (int i = 0; i < 2; i++)
        if (accept(listen_fd, NULL, NULL) == -1)
            die("accept");
    await_queues("accept, accept; A sends again", port, 0, 1);
    int conn_fd = accept(listen_fd, NULL, NULL);
    char bytes[16];
    ssize_t count = conn_fd == -1 ? -1 : read(conn_fd, bytes, sizeof bytes);
    if (count == -1)
        die("accept, read");
    await_queues("accept; read = 6", port, 0, 0);
    return count == 6 ? 0 : 1;
}

/* Wait until the two queues are so long; say so. */
static void await_queues(const char *event, int port, unsigned half,
                         unsigned inside)
{
    unsigned half_now, inside_now, waited = 0;
    for (look_at_queues(port, &half_now, &inside_now);
         half_now != half || inside_now != inside;
         look_at_queues(port, &half_now, &inside_now)) {
        if (waited++ == PATIENCE / STEP) {
            fprintf(stderr, "two_queues: %s: %u half open, %u in the room\n",
                    event, half_now, inside_now);
            exit(1);
        }
        poll(NULL, 0, STEP);
    }
    printf("%-36s %9u %12u\n", event, half, inside);
}

/* From the system's list of sockets: those half open at this port, and what
 * lies in the input queue of its listening socket. */
static void look_at_queues(int port, unsigned *half, unsigned *inside)
{
    FILE *list = fopen("/proc/net/tcp", "r");
    if (!list)
        die("open /proc/net/tcp");
    char line[256];
    unsigned at, state, queued;
    *half = *inside = 0;
    while (fgets(line, sizeof line, list))
        if (sscanf(line, "%*d: %*x:%x %*x:%*x %x %*x:%x", &at, &state,
                   &queued) == 3 &&
            at == (unsigned)port) {
            *half += state == SYN_RECV;
            *inside += state == LISTEN ? queued : 0;
        }
    if (ferror(list))
        die("read /proc/net/tcp");
    fclose(list);
}

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        die("socket");
    return fd;
}

static void hold_up(int fd, int on)
{
    int least_ttl = on ? 255 : 0;
    if (setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least_ttl, sizeof least_ttl))
        die("setsockopt IP_MINTTL");
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "two_queues: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}

/* A line that could not be printed is said at the end, and costs status 1. */
static void check_output(void)
{
    int lost = ferror(stdout);
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (lost)
        putchar('\n');
    if (fflush(stdout) == EOF || lost) {
        perror("two_queues: standard output");
        _exit(1);
    }
}

/* First of all. A stream that the caller has closed fails: no socket or file
 * gets its number. A line is out when it is printed, also into a pipe. */
static void standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
            die("open /dev/null");
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(check_output);
}
