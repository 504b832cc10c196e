/*
 * tcp_states.c - both ends of one connection, state by state.
 *
 * Most states last until one packet arrives. So this program holds that
 * packet up, looks at both ends, and lets it through.
 *
 * Calls   socket -> bind -> listen -> connect -> accept -> shutdown -> close,
 *         and after each a look into /proc/net/tcp
 * Try     cc tcp_states.c -o tcp_states && ./tcp_states
 * See     what happens                              client       server
 * Needs   Linux: /proc/net/tcp and IP_MINTTL are not POSIX
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The numbers of /proc/net/tcp. CLOSED: it is not there (any more). */
static const char *const state_names[] = {
    "CLOSED",     "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
    "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
    "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING"};
enum { STATES = sizeof state_names / sizeof state_names[0], CLOSED = 0 };
enum { PATIENCE = 20 * 1000, STEP = 25 }; /* ms */

struct ends {
    unsigned client_port, server_port; /* 0: it has none yet */
};

static void end_both(const struct ends *ends, int client_fd, int conn_fd);
static void expect(const struct ends *ends, const char *event,
                   unsigned client_state, unsigned server_state);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void cut_cable(int fd, int cut);
static void await_bytes(int fd);
static long long now_ms(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: tcp_states (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    printf("%-41s %-12s %s\n", "what happens", "client", "server");

    /* 1. A server, at 127.0.0.3. Linux remembers for each pair of addresses how
     * slow it was; what is held up here is not to count for 127.0.0.1. */
    struct sockaddr_in addr = {.sin_family = AF_INET};
    struct sockaddr *any = (struct sockaddr *)&addr;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 2);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    int client_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (listen_fd == -1 || client_fd == -1)
        die("socket");
    if (bind(listen_fd, any, addr_len) == -1)
        die("bind");
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, any, &addr_len) == -1)
        die("getsockname");
    struct ends ends = {.server_port = ntohs(addr.sin_port)};
    expect(&ends, "server: listen", CLOSED, TCP_LISTEN);

    /* 2. The handshake, stopped half way: the SYN ACK is held up. */
    cut_cable(client_fd, 1);
    if (connect(client_fd, any, addr_len) == -1 && errno != EINPROGRESS)
        die("connect");
    if (getsockname(client_fd, any, &addr_len) == -1)
        die("getsockname");
    ends.client_port = ntohs(addr.sin_port);
    expect(&ends, "client: connect; the SYN ACK is held up", TCP_SYN_SENT,
           TCP_SYN_RECV);
    cut_cable(client_fd, 0);
    expect(&ends, "the SYN ACK is sent again, and comes", TCP_ESTABLISHED,
           TCP_ESTABLISHED);

    /* 3. accept changes nothing: the connection has been there before it. */
    int conn_fd = accept(listen_fd, NULL, NULL);
    if (conn_fd == -1)
        die("accept");
    expect(&ends, "server: accept", TCP_ESTABLISHED, TCP_ESTABLISHED);

    end_both(&ends, client_fd, conn_fd);
    return 0;
}

static void end_both(const struct ends *ends, int client_fd, int conn_fd)
{
    /* 4. The client ends its half. (close would say the same, but there would
     * be no descriptor left to hold packets up with.) */
    cut_cable(client_fd, 1);
    if (shutdown(client_fd, SHUT_WR) == -1)
        die("shutdown");
    expect(ends, "client: shutdown; the ACK is held up", TCP_FIN_WAIT1,
           TCP_CLOSE_WAIT);
    cut_cable(client_fd, 0);

    /* 5. The other half lives. What the server sends carries the ACK, too. */
    char byte = '!';
    if (write(conn_fd, &byte, 1) == -1)
        die("write");
    await_bytes(client_fd);
    if (read(client_fd, &byte, 1) == -1)
        die("read");
    expect(ends, "server: write; the ACK is in the packet", TCP_FIN_WAIT2,
           TCP_CLOSE_WAIT);

    /* 6. The server ends its half. It is gone from here, but not from TCP. */
    cut_cable(client_fd, 1);
    close(conn_fd);
    expect(ends, "server: close; the FIN is held up", TCP_FIN_WAIT2,
           TCP_LAST_ACK);
    cut_cable(client_fd, 0);
    expect(ends, "the FIN is sent again, and comes", TCP_TIME_WAIT, CLOSED);

    /* 7. Who ends first stays longest: see TIME_WAIT in chapter 7. */
    close(client_fd);
    expect(ends, "client: close", TCP_TIME_WAIT, CLOSED);
}

/* Find both ends in the system's own list of sockets. It knows them for longer
 * than any program does. */
static void look(const struct ends *ends, unsigned *client, unsigned *server)
{
    FILE *list = fopen("/proc/net/tcp", "r");
    if (!list)
        die("open /proc/net/tcp");
    char line[256];
    unsigned from, to, state;
    *client = *server = CLOSED;
    while (fgets(line, sizeof line, list)) {
        if (sscanf(line, "%*d: %*x:%x %*x:%x %x", &from, &to, &state) != 3 ||
            state >= STATES)
            continue; /* the headline */
        if (from == ends->client_port && to == ends->server_port)
            *client = state;
        if (from == ends->server_port && to == ends->client_port)
            *server = state;
    }
    if (ferror(list))
        die("read /proc/net/tcp");
    fclose(list);
}

/* Wait until the two ends are in these states; say so. */
static void expect(const struct ends *ends, const char *event,
                   unsigned client_state, unsigned server_state)
{
    unsigned client, server;
    long long deadline = now_ms() + PATIENCE;
    look(ends, &client, &server);
    while (client != client_state || server != server_state) {
        if (now_ms() > deadline) {
            fprintf(stderr, "tcp_states: %s: it stays at %s and %s\n", event,
                    state_names[client], state_names[server]);
            exit(1);
        }
        poll(NULL, 0, STEP);
        look(ends, &client, &server);
    }
    printf("%-41s %-12s %s\n", event, state_names[client], state_names[server]);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "tcp_states: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("tcp_states: standard output");
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

/* A cut cable, seen from inside: the socket drops every segment whose hop
 * limit (TTL) is below 255. Ours leave with 64, so TCP never sees them. */
static void cut_cable(int fd, int cut)
{
    int least_ttl = cut ? 255 : 0;
    if (setsockopt(fd, IPPROTO_IP, IP_MINTTL, &least_ttl, sizeof least_ttl))
        die("setsockopt IP_MINTTL");
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
