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
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { MOST = 10000 }; /* sockets; who does not fit stays in the waiting room */
enum { BREATH = 100 }; /* ms after an error that would only come again */

struct client {
    char name[NAME_SIZE];
    long long echoed;
    char *rest; /* read but not written yet; NULL if there is none */
    size_t rest_at, rest_end;
};

/* polled[0] is the doorkeeper; polled[i] is the socket of clients[i]. */
struct server {
    struct pollfd polled[MOST];
    struct client clients[MOST];
    size_t used;      /* entries of both */
    int door_trouble; /* accept failed and will again (no descriptor?) */
};

static int serve(struct pollfd *polled, struct client *client);
static void accept_clients(struct server *server);
static void remove_client(struct server *server, size_t i, const char *how);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void name_address(const struct sockaddr_storage *addr, char *name);
static int listen_at(const char *ip, const char *port);
static void allow_more_sockets(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: echo_server_poll [ADDRESS] PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */
    allow_more_sockets();

    /* 1. The doorkeeper. accept is to say EAGAIN rather than wait. */
    static struct server server;
    server.polled[0].fd =
        listen_at(argc == 3 ? argv[1] : "127.0.0.1", argv[argc - 1]);
    if (fcntl(server.polled[0].fd, F_SETFL, O_NONBLOCK) == -1)
        die("fcntl O_NONBLOCK");
    server.used = 1;

    for (;;) {
        /* 2. Sleep until any of the sockets has work to do. */
        int shut = server.used == MOST || server.door_trouble;
        server.polled[0].events = shut ? 0 : POLLIN;
        if (poll(server.polled, (nfds_t)server.used, shut ? BREATH : -1) < 0) {
            perror("echo_server_poll: poll");
            poll(NULL, 0, BREATH);
            continue;
        }

        /* 3. One read, one write for each that has: nobody waits for long. */
        for (size_t i = server.used - 1; i > 0; i--) {
            if (server.polled[i].revents == 0)
                continue;
            int there = serve(&server.polled[i], &server.clients[i]);
            if (there < 1)
                remove_client(&server, i, there == 0 ? NULL : strerror(errno));
        }

        /* 4. Let in who stands at the door. */
        if (shut || server.polled[0].revents != 0)
            accept_clients(&server);
    }
}

/* Read what is there and write it back at once. What write has no room for is
 * kept; until it is gone we read no more, and what the client sends meanwhile
 * stays in the system's buffers, and then in its own.
 * Returns 1, or 0 when the client is done, or -1 when it is lost. */
static int serve(struct pollfd *polled, struct client *client)
{
    static char buffer[256 * 1024];
    char *bytes = buffer;
    ssize_t count;
    if (client->rest) {
        bytes = client->rest + client->rest_at;
        count = (ssize_t)(client->rest_end - client->rest_at);
    } else {
        count = read(polled->fd, buffer, sizeof buffer);
        if (count == -1 && errno == EAGAIN)
            return 1;
        if (count < 1)
            return (int)count;
    }
    ssize_t sent = write(polled->fd, bytes, (size_t)count);
    if (sent == -1 && errno == EAGAIN)
        sent = 0; /* its output buffer is full */
    if (sent == -1)
        return -1;
    client->echoed += sent;

    if (sent == count) {
        free(client->rest);
        client->rest = NULL;
    } else if (client->rest) {
        client->rest_at += (size_t)sent;
    } else {
        client->rest_at = 0;
        client->rest_end = (size_t)(count - sent);
        client->rest = malloc(client->rest_end);
        if (!client->rest)
            return -1;
        memcpy(client->rest, bytes + sent, client->rest_end);
    }
    polled->events = client->rest ? POLLOUT : POLLIN; /* its next need */
    return 1;
}

static void accept_clients(struct server *server)
{
    while (server->used < MOST) {
        struct sockaddr_storage client_addr;
        socklen_t addr_len = sizeof client_addr;
        int conn_fd = accept(server->polled[0].fd,
                             (struct sockaddr *)&client_addr, &addr_len);
        int trouble = conn_fd == -1 && errno != EAGAIN;
        if (trouble && !server->door_trouble)
            perror("echo_server_poll: accept");
        server->door_trouble = trouble;
        if (conn_fd == -1)
            return;
        struct client *client = &server->clients[server->used];
        memset(client, 0, sizeof *client);
        name_address(&client_addr, client->name);
        server->polled[server->used++] =
            (struct pollfd){.fd = conn_fd, .events = POLLIN};
        if (fcntl(conn_fd, F_SETFL, O_NONBLOCK) == -1) {
            remove_client(server, server->used - 1, strerror(errno));
            continue;
        }
        /* Answer at once, however small the answer: see Nagle in chapter 7. */
        int on = 1;
        if (setsockopt(conn_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
            perror("echo_server_poll: setsockopt TCP_NODELAY");
        printf("accepted %s (fd %d); sockets: doorkeeper + %zu = %zu\n",
               client->name, conn_fd, server->used - 1, server->used);
        if (poll(server->polled, 1, 0) < 1)
            return; /* nobody else; accept says the same at more cost (Linux) */
    }
}

/* The last entry takes its place; its turn in this round is over. lost is why,
 * or NULL at the end of the stream. */
static void remove_client(struct server *server, size_t i, const char *lost)
{
    struct client gone = server->clients[i];
    close(server->polled[i].fd);
    free(gone.rest);
    server->used--;
    server->polled[i] = server->polled[server->used];
    server->clients[i] = server->clients[server->used];
    printf("%s %s after %lld bytes%s%s; sockets: doorkeeper + %zu = %zu\n",
           gone.name, lost ? "lost" : "closed", gone.echoed, lost ? ": " : "",
           lost ? lost : "", server->used - 1, server->used);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <stdarg.h>
#include <sys/resource.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "echo_server_poll: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("echo_server_poll: standard output");
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
    fprintf(stderr, "echo_server_poll: not ");
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

/* Each socket needs a descriptor: take as many as we may have. */
static void allow_more_sockets(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* if not, who wants one will say so */
}
