/*
 * linux_says.c - what the pages say of Linux, and no session shows.
 *
 *   header_constant       chapter 3, the waiting room: SOMAXCONN is what the C
 *                         library's header has, whatever the system's limit is
 *   no_mercy              the same section: with tcp_abort_on_overflow who has
 *                         connected, and finds no room, is reset
 *   both_ends             chapter 2, the port finds the socket: a UDP socket
 *                         that has called connect is found by all four values
 *   same_socket           chapter 6, one name, two addresses: after a failed
 *                         connect a socket can be used again
 *   again_after_a_second  chapter 7, who may have a port: Linux takes a port of
 *                         its own that is in TIME_WAIT again, after a second
 *                         (net.ipv4.tcp_tw_reuse: for the loopback by default)
 *   late_option           the same section: for the old socket SO_REUSEADDR is
 *                         early enough at any time before its end
 *   one_user              the same section, and chapter 3: sockets that share
 *                         a port by SO_REUSEPORT are of one user
 *   none_allowed          chapter 7, a memory that dies before its time: no
 *                         more are kept than net.ipv4.tcp_max_tw_buckets
 *   only_bound            what_is_left: a TCP socket that is only bound stands
 *                         in no table
 *   two_hours             chapter 7, SO_KEEPALIVE: it is off by default, and
 *                         then the first probe comes after two hours
 */
#define _GNU_SOURCE
#include "child.h"
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 20 * 1000 }; /* ms */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "linux_says: %s\n", what);
    exit(1);
}

/* Here it cannot be seen: that is a failure only where nothing may be lost. */
static _Noreturn void skip(const char *why)
{
    fprintf(stderr, "linux_says: %s\n", why);
    exit(getenv("PLAY_NO_SKIP") ? 1 : 77);
}

static void require(int result, const char *call)
{
    if (result != -1)
        return;
    fprintf(stderr, "linux_says: %s: %s\n", call, strerror(errno));
    exit(1);
}

static void set(const char *setting, const char *value)
{
    char path[100];
    snprintf(path, sizeof path, "/proc/sys/net/ipv4/%s", setting);
    FILE *file = fopen(path, "w");
    if (!file) /* some containers have all of /proc/sys read-only */
        skip("/proc/sys cannot be written here");
    if (fputs(value, file) == EOF || fclose(file) != 0)
        fail(path);
}

/* Binds the socket to that port of 127.0.0.1, or connects it to it. */
static int use(int fd, bool connects, unsigned short port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connects ? connect(fd, (struct sockaddr *)&addr, sizeof addr)
                    : bind(fd, (struct sockaddr *)&addr, sizeof addr);
}

/* A new socket of that option, 0 for none; -1 with errno. */
static int made(int type, int option, bool connects, unsigned short port)
{
    int fd = socket(AF_INET, type, 0), on = 1;
    require(fd, "socket");
    if (option)
        require(setsockopt(fd, SOL_SOCKET, option, &on, sizeof on), "option");
    if (use(fd, connects, port) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int bound(int option, unsigned short port)
{
    return made(SOCK_STREAM, option, false, port);
}

static int connected(unsigned short port)
{
    return made(SOCK_STREAM, 0, true, port);
}

/* FIRST ends its direction, SECOND the other: FIRST's end remembers. */
static void close_in_turn(int first, int second)
{
    char byte;
    require(shutdown(first, SHUT_WR), "shutdown");
    if (read(second, &byte, 1) != 0)
        fail("the first FIN did not come");
    close(second);
    if (read(first, &byte, 1) != 0)
        fail("the second FIN did not come");
    close(first);
}

/* How many a listening socket lets wait that asks for so many. */
static unsigned room(unsigned short port, int backlog)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    int fd = bound(0, port);
    require(fd, "bind");
    require(listen(fd, backlog), "listen");
    require(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), "TCP_INFO");
    return info.tcpi_sacked; /* of a listening socket: the room */
}

static void header_constant(void)
{
    /* Older kernels let only the computer's root raise it; then both may be
       one number. */
    FILE *limit = fopen("/proc/sys/net/core/somaxconn", "w");
    if (limit) {
        fprintf(limit, "%d", 2 * SOMAXCONN);
        fclose(limit);
    }
    unsigned most = room(9190, INT_MAX), asked = room(9191, SOMAXCONN);
    printf("SOMAXCONN %d: room for %u of %u\n", SOMAXCONN, asked, most);
    if (asked != (most < SOMAXCONN ? most : SOMAXCONN))
        fail("SOMAXCONN is not the number of the header");
}

/* How many sockets of this state are in the table; 3 is SYN_RECV, 0 any. */
static int listed(unsigned wanted)
{
    char line[256];
    unsigned state;
    int count = 0;
    FILE *table = fopen("/proc/net/tcp", "r");
    while (table && fgets(line, sizeof line, table))
        count += sscanf(line, "%*d: %*x:%*x %*x:%*x %x", &state) == 1 &&
                 (wanted == 0 || state == wanted);
    if (table)
        fclose(table);
    return count;
}

static void no_mercy(void)
{
    set("tcp_abort_on_overflow", "1");
    int listen_fd = bound(0, 9190);
    require(listen_fd, "bind");
    require(listen(listen_fd, 1), "listen"); /* room for two */

    /* A does not let the answer to its SYN in: half open. B and C take the
       room. */
    int a_fd = bound(0, 9191), least = 255, none = 0, why = 0;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(9190)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(setsockopt(a_fd, IPPROTO_IP, IP_MINTTL, &least, sizeof least),
            "IP_MINTTL");
    require(fcntl(a_fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    if (connect(a_fd, (struct sockaddr *)&addr, sizeof addr) == 0 ||
        errno != EINPROGRESS)
        fail("A is connected at once");
    for (long long end = now_ms() + PATIENCE; listed(3) == 0;)
        if (poll(NULL, 0, 10) == -1 || now_ms() > end)
            fail("A is not half open");
    require(connected(9190), "connect");
    require(connected(9190), "connect");

    /* The answer comes again, and A's own ACK finds the room full. */
    require(setsockopt(a_fd, IPPROTO_IP, IP_MINTTL, &none, sizeof none),
            "IP_MINTTL");
    struct pollfd a = {.fd = a_fd, .events = POLLIN};
    socklen_t size = sizeof why;
    if (poll(&a, 1, PATIENCE) != 1)
        fail("A waits for ever");
    require(getsockopt(a_fd, SOL_SOCKET, SO_ERROR, &why, &size), "SO_ERROR");
    if (why != ECONNRESET)
        fail(why ? strerror(why) : "A is not reset");
}

static void only_bound(void)
{
    int fd = bound(0, 9190);
    require(fd, "bind");
    if (listed(0) != 0)
        fail("a socket that is only bound is in the table");
    require(listen(fd, 1), "listen");
    if (listed(0) != 1)
        fail("a socket that listens is not in the table");
}

static void both_ends(void)
{
    int ours[2], peers[2];
    for (unsigned short i = 0; i < 2; i++) {
        ours[i] = made(SOCK_DGRAM, SO_REUSEADDR, false, 9190);
        require(ours[i], "bind");
        peers[i] = made(SOCK_DGRAM, 0, false, 9191 + i);
        require(peers[i], "bind");
        require(use(ours[i], true, 9191 + i), "connect");
        require(use(peers[i], true, 9190), "connect");
    }
    for (int i = 0; i < 2; i++) {
        struct pollfd one = {.fd = ours[i], .events = POLLIN};
        char sent = (char)('a' + i), came = 0;
        if (send(peers[i], &sent, 1, 0) != 1)
            require(-1, "send");
        if (poll(&one, 1, PATIENCE) != 1 || recv(ours[i], &came, 1, 0) != 1 ||
            came != sent)
            fail("a connected UDP socket does not get its peer's datagram");
    }
}

static void same_socket(void)
{
    int listen_fd = bound(0, 9190), fd = socket(AF_INET, SOCK_STREAM, 0);
    require(listen_fd, "bind");
    require(fd, "socket");
    if (use(fd, true, 9190) != -1 || errno != ECONNREFUSED)
        fail("nobody listens, and connect is not refused");
    require(listen(listen_fd, 1), "listen");
    require(use(fd, true, 9190), "connect, on the same socket");
}

static void none_allowed(void)
{
    set("tcp_max_tw_buckets", "0");
    int listen_fd = bound(0, 9190);
    require(listen_fd, "bind");
    require(listen(listen_fd, 1), "listen");
    int client_fd = connected(9190);
    require(client_fd, "connect");
    int fd = accept(listen_fd, NULL, NULL);
    close(listen_fd);
    close_in_turn(fd, client_fd);
    require(bound(0, 9190), "bind, where no TIME_WAIT is allowed");
}

static void two_hours(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = -1, seconds = -1;
    socklen_t size = sizeof on;
    require(fd, "socket");
    require(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), "option");
    require(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, &size),
            "option");
    if (on != 0 || seconds != 2 * 60 * 60)
        fail("SO_KEEPALIVE is on, or the first probe comes at another time");
}

/* One ephemeral port, in TIME_WAIT: how long is it refused? PATIENCE: by
 * then, it still was. */
static int refused_for(int listen_fd, int patience)
{
    int fd = connected(9190);
    require(fd, "connect");
    close_in_turn(fd, accept(listen_fd, NULL, NULL));
    for (long long begin = now_ms(), now; (now = now_ms()) < begin + patience;
         poll(NULL, 0, 20)) {
        if ((fd = connected(9190)) != -1) {
            close_in_turn(accept(listen_fd, NULL, NULL), fd);
            return (int)(now - begin);
        }
        if (errno != EADDRNOTAVAIL)
            require(fd, "connect");
    }
    return patience;
}

static void again_after_a_second(void)
{
    set("ip_local_port_range", "9191 9191");
    int listen_fd = bound(SO_REUSEADDR, 9190);
    require(listen_fd, "bind");
    require(listen(listen_fd, 8), "listen");
    int took = refused_for(listen_fd, PATIENCE);
    printf("taken again after %d ms\n", took);
    if (took == PATIENCE)
        fail("a port of its own in TIME_WAIT is not taken again");
    set("ip_local_port_range", "9192 9192");
    set("tcp_tw_reuse", "0");
    if (refused_for(listen_fd, took + 1500) < took + 1500)
        fail("it is taken again without tcp_tw_reuse, too");
}

static void late_option(void)
{
    for (int late = 0; late < 2; late++) {
        unsigned short port = (unsigned short)(9190 + late);
        int listen_fd = bound(0, port), on = 1;
        require(listen_fd, "bind");
        require(listen(listen_fd, 8), "listen");
        int client_fd = connected(port);
        require(client_fd, "connect");
        int fd = accept(listen_fd, NULL, NULL);
        if (late)
            require(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
                    "SO_REUSEADDR");
        close(listen_fd);
        close_in_turn(fd, client_fd);
        int again = bound(SO_REUSEADDR, port);
        if (again == -1 && errno != EADDRINUSE)
            require(again, "bind");
        if (late && again == -1)
            fail("SO_REUSEADDR, set on a connection, does not help");
        if (!late && again != -1)
            fail("a TIME_WAIT without SO_REUSEADDR lets a new socket in");
    }
}

static void one_user(void)
{
    require(bound(SO_REUSEPORT, 9190), "bind");
    for (int other = 0; other < 2; other++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (other && setuid(65534) == -1)
                _exit(77);
            int fd = bound(SO_REUSEPORT, 9190);
            _exit(fd != -1 ? 0 : errno);
        }
        int status;
        require(waitpid(pid, &status, 0), "waitpid");
        if (other && WEXITSTATUS(status) == 77)
            skip("nobody else can be had here: only root can");
        if (WEXITSTATUS(status) != (other ? EADDRINUSE : 0))
            fail(other ? "another user shares the port"
                       : "the same user does not share the port");
    }
}

int main(int argc, char *argv[])
{
    static const struct {
        const char *sentence;
        void (*is_so)(void);
    } sentences[] = {{"header_constant", header_constant},
                     {"no_mercy", no_mercy},
                     {"only_bound", only_bound},
                     {"both_ends", both_ends},
                     {"same_socket", same_socket},
                     {"none_allowed", none_allowed},
                     {"two_hours", two_hours},
                     {"again_after_a_second", again_after_a_second},
                     {"late_option", late_option},
                     {"one_user", one_user}};
    if (!move_to_own_network())
        skip("no network of its own here");
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (argc == 2 && strcmp(argv[1], sentences[i].sentence) == 0) {
            sentences[i].is_so();
            return 0;
        }
    fail("no such sentence");
}
