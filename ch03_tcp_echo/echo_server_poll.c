/*
 * echo_server_poll.c - send every client's bytes back to it, all clients at
 * once: one process, one doorkeeper, a socket for each client, one poll.
 *
 * No call below may block but poll: it waits for all the sockets together,
 * for each one only as long as the others have nothing to do either.
 *
 * Calls   socket -> bind -> listen -> poll -> accept/read/write -> close
 * Try     cc echo_server_poll.c -o echo_server_poll && ./echo_server_poll 9190
 * See     listening on 127.0.0.1:9190
 * Pair    many_clients.c, or any number of echo_client.c
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum {
    LOG_LINES = 100, /* a second; what happens beyond is counted */
    BREATH = 100,    /* ms after an error that would only come again */
    AT_ONCE = 64     /* new clients before the old ones have their turn */
};

struct client {
    char name[NAME_SIZE];
    long long echoed;
    char *rest; /* read but not written yet; NULL, and no memory, if none */
    size_t rest_at, rest_end;
};

/* polled[0] is the doorkeeper; polled[i] is the socket of clients[i]. */
struct server {
    struct pollfd *polled;
    struct client *clients;
    size_t used, room; /* entries of both */
    size_t most;       /* used at once since the log last left lines out */
    int last_fd;       /* our last descriptor: enough for a refusal */
    long long retry;   /* when to look at the door again after an error */
    long long second;  /* of the log; */
    int lines;         /* so many in it, */
    int left_out;      /* and so many that nobody could have read */
};

static int serve(struct pollfd *polled, struct client *client);
static void accept_clients(struct server *server);
static int add_client(struct server *server, int fd, const char *name);
static void remove_client(struct server *server, size_t i, int lost);
static int raise_descriptor_limit(void);
static void report(struct server *server, const char *format, ...);
static void report_rest(struct server *server);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static _Noreturn void cannot_bind(const char *name);
static long long now_ms(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: echo_server_poll [ADDRESS] PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argc == 3 ? argv[1] : "127.0.0.1",
                                       argv[argc - 1], 0, &server_addr);
    char name[NAME_SIZE];
    name_address(&server_addr, name);
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. The doorkeeper. This socket accepts clients and talks to none. */
    int listen_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
    if (listen_fd == -1)
        die("socket");
    int on = 1; /* restart while old connections fade away: see chapter 7 */
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");
    if (fcntl(listen_fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK"); /* accept says EAGAIN rather than wait */

    /* 2. Give it the address; port 0 lets the system choose one. */
    if (bind(listen_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        cannot_bind(name);

    /* 3. Open the door: the system now completes handshakes by itself. */
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&server_addr, &addr_len))
        die("getsockname");
    name_address(&server_addr, name);
    struct server server = {.last_fd = raise_descriptor_limit()};
    if (add_client(&server, listen_fd, name) == -1)
        die("malloc");
    printf("listening on %s\n", name);

    for (;;) {
        /* 4. Sleep until any of the sockets has work to do. */
        int patience = now_ms() < server.retry ? BREATH : -1;
        server.polled[0].events = patience == -1 ? POLLIN : 0;
        if (patience == -1 && server.left_out > 0)
            patience = 1000;
        if (poll(server.polled, (nfds_t)server.used, patience) == -1) {
            perror("echo_server_poll: poll");
            poll(NULL, 0, BREATH);
            continue;
        }

        /* 5. One read or write for each that has: nobody waits for long. */
        for (size_t i = server.used - 1; i > 0; i--) {
            if (server.polled[i].revents == 0)
                continue;
            int there = serve(&server.polled[i], &server.clients[i]);
            if (there < 1)
                remove_client(&server, i, there == -1 ? errno : 0);
        }

        /* 6. Let in who stands at the door. */
        if (server.polled[0].revents != 0)
            accept_clients(&server);
        report_rest(&server);
    }
}

/* Read and write back; or, where write took only a part last time, go on with
 * the rest and read no more until it is gone. What such a client sends
 * meanwhile stays in the kernel's buffers, and then in its own.
 * Returns 1, or 0 when the client is done, or -1 when it is lost. */
static int serve(struct pollfd *polled, struct client *client)
{
    static char buffer[64 * 1024];
    const char *bytes = buffer;
    size_t count;
    if (client->rest) {
        bytes = client->rest + client->rest_at;
        count = client->rest_end - client->rest_at;
    } else {
        ssize_t received = read(polled->fd, buffer, sizeof buffer);
        if (received == -1 && (errno == EAGAIN || errno == EINTR))
            return 1;
        if (received < 1)
            return (int)received;
        count = (size_t)received;
    }
    ssize_t sent = write(polled->fd, bytes, count);
    if (sent == -1 && (errno == EAGAIN || errno == EINTR))
        sent = 0; /* its output buffer is full */
    if (sent == -1)
        return -1;
    client->echoed += sent;

    if (client->rest)
        client->rest_at += (size_t)sent;
    else if ((size_t)sent < count) {
        client->rest_at = 0;
        client->rest_end = count - (size_t)sent;
        client->rest = malloc(client->rest_end);
        if (!client->rest)
            return -1;
        memcpy(client->rest, bytes + sent, client->rest_end);
    }
    if (client->rest && client->rest_at == client->rest_end) {
        free(client->rest);
        client->rest = NULL;
    }
    polled->events = client->rest ? POLLOUT : POLLIN; /* its next need */
    return 1;
}

/* A socket for each. One that gets the last descriptor is sent away, for if
 * nobody could, it would stand at the door and poll would report it for ever.
 */
static void accept_clients(struct server *server)
{
    for (int i = 0; i < AT_ONCE; i++) {
        struct sockaddr_storage client_addr;
        socklen_t addr_len = sizeof client_addr;
        int conn_fd = accept(server->polled[0].fd,
                             (struct sockaddr *)&client_addr, &addr_len);
        if (conn_fd == -1) {
            if (errno == EAGAIN)
                return; /* that was the last one */
            perror("echo_server_poll: accept");
            server->retry = now_ms() + BREATH;
            return;
        }
        char name[NAME_SIZE];
        name_address(&client_addr, name);
        const char *refusal = NULL;
        if (conn_fd >= server->last_fd)
            refusal = "no descriptor for it";
        else if (fcntl(conn_fd, F_SETFL, O_NONBLOCK) == -1 ||
                 add_client(server, conn_fd, name) == -1)
            refusal = strerror(errno);
        if (refusal) {
            close(conn_fd);
            report(server, "refused %s: %s", name, refusal);
            continue;
        }
        /* Answer at once, however small the answer: see Nagle in chapter 7. */
        int on = 1;
        if (setsockopt(conn_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
            perror("echo_server_poll: setsockopt TCP_NODELAY");
        report(server, "accepted %s (fd %d)", name, conn_fd);
    }
}

/* Returns -1 if there is no memory for it. */
static int add_client(struct server *server, int fd, const char *name)
{
    if (server->used == server->room) {
        size_t room = server->room * 2 + 16;
        struct pollfd *polled = realloc(server->polled, room * sizeof *polled);
        if (polled)
            server->polled = polled;
        struct client *clients =
            realloc(server->clients, room * sizeof *clients);
        if (clients)
            server->clients = clients;
        if (!polled || !clients)
            return -1;
        server->room = room;
    }
    struct client *client = &server->clients[server->used];
    memset(client, 0, sizeof *client);
    snprintf(client->name, sizeof client->name, "%s", name);
    server->polled[server->used] = (struct pollfd){.fd = fd, .events = POLLIN};
    server->used++;
    if (server->most < server->used)
        server->most = server->used;
    return 0;
}

/* The last entry takes its place; its turn in this round is over. */
static void remove_client(struct server *server, size_t i, int lost)
{
    struct client gone = server->clients[i];
    close(server->polled[i].fd);
    free(gone.rest);
    server->used--;
    server->polled[i] = server->polled[server->used];
    server->clients[i] = server->clients[server->used];
    if (lost)
        report(server, "%s lost after %lld bytes: %s", gone.name, gone.echoed,
               strerror(lost));
    else
        report(server, "%s closed after %lld bytes", gone.name, gone.echoed);
}

/* As many as the system lets us have. Returns the last one's number. */
static int raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return INT_MAX;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
        limit.rlim_cur = before;
    return limit.rlim_cur < INT_MAX ? (int)limit.rlim_cur - 1 : INT_MAX;
}

/* What happened, and the sockets that are open now: one line. */
static void report(struct server *server, const char *format, ...)
{
    report_rest(server);
    if (++server->lines > LOG_LINES) {
        server->left_out++;
        return;
    }
    va_list values;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    printf("; sockets: doorkeeper + %zu = %zu\n", server->used - 1,
           server->used);
}

/* In a new second: what the last one had no line for. */
static void report_rest(struct server *server)
{
    if (server->second == now_ms() / 1000)
        return;
    server->second = now_ms() / 1000;
    server->lines = 0;
    if (server->left_out > 0)
        printf("(%d lines left out, at most %zu sockets); "
               "sockets: doorkeeper + %zu = %zu\n",
               server->left_out, server->most, server->used - 1, server->used);
    server->left_out = 0;
    server->most = server->used;
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "echo_server_poll: ");
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
        perror("echo_server_poll: standard output");
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

/* Both as typed; only where least is 0 the system may choose the port. Returns
 * the length that bind, connect and sendto want to know. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    long number = strtol(port, NULL, 10);
    if (!*port || port[strspn(port, "0123456789")] || number < least ||
        number > 65535) {
        fprintf(stderr, "echo_server_poll: not a port ");
        fprintf(stderr, "(%d to 65535): \"%.40s\"\n", least, port);
        exit(2);
    }
    in_port_t net_port = htons((uint16_t)number);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = net_port};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = net_port};
    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        memcpy(addr, &v4, sizeof v4);
        return sizeof v4;
    }
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
        memcpy(addr, &v6, sizeof v6);
        return sizeof v6;
    }
    fprintf(stderr, "echo_server_poll: not an IP address ");
    fprintf(stderr, "(such as 127.0.0.1, ::1): \"%.40s\"\n", ip);
    exit(2);
}

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    char ip[INET6_ADDRSTRLEN];
    if (addr->ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "%s:%d", ip, ntohs(v4->sin_port));
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
        snprintf(name, NAME_SIZE, "[%s]:%d", ip, ntohs(v6->sin6_port));
    }
}

/* Why bind refused, and what is not clear from its words. */
static _Noreturn void cannot_bind(const char *name)
{
    if (errno == EACCES)
        die("bind %s: ports below 1024 are root's, take a higher one", name);
    if (errno == EADDRNOTAVAIL)
        die("bind %s: not an address of this computer", name);
    die("bind %s", name);
}

/* Milliseconds, by a clock that nobody sets. */
static long long now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        die("clock_gettime");
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
