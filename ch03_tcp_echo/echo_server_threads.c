/*
 * echo_server_threads.c - send every client's bytes back to it: a thread for
 * each client. All threads share everything: descriptors, memory, the log.
 *
 * Calls   socket -> bind -> listen -> accept -> pthread_create -> read/write
 * Try     cc -pthread echo_server_threads.c -o echo_server_threads
 *         ./echo_server_threads 9190
 * See     listening on 127.0.0.1:9190
 * Pair    echo_client.c; beside it: echo_server_poll.c, echo_server_fork.c
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

struct client {
    int conn_fd;
    char name[NAME_SIZE];
};

static void *serve(void *argument);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void name_address(const struct sockaddr_storage *addr, char *name);
static int listen_at(const char *ip, const char *port);
static ssize_t write_all(int fd, const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: echo_server_threads [ADDRESS] PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. The doorkeeper. */
    int listen_fd = listen_at(argc > 2 ? argv[1] : "127.0.0.1", argv[argc - 1]);

    /* 2. Nobody waits for a thread's end: it cleans up behind itself. */
    pthread_attr_t detached;
    if (pthread_attr_init(&detached) ||
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED))
        die("pthread_attr_init");

    for (;;) {
        struct sockaddr_storage client_addr;
        socklen_t addr_len = sizeof client_addr;
        int conn_fd =
            accept(listen_fd, (struct sockaddr *)&client_addr, &addr_len);
        if (conn_fd == -1) {
            perror("echo_server_threads: accept");
            poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
            continue;
        }

        /* 3. The thread gets memory of its own. A pointer to a variable of
         * this loop would soon show it the next client. */
        struct client *client = malloc(sizeof *client);
        pthread_t thread;
        if (client) {
            client->conn_fd = conn_fd;
            name_address(&client_addr, client->name);
            printf("accepted %s (fd %d)\n", client->name, conn_fd);
        }
        if (!client || pthread_create(&thread, &detached, serve, client)) {
            perror("echo_server_threads: malloc, pthread_create");
            free(client);
            close(conn_fd);
        }
    }
}

/* One thread, one client. It may block: it holds up nobody. */
static void *serve(void *argument)
{
    struct client *client = argument;
    char buffer[16 * 1024];
    ssize_t count;
    while ((count = read(client->conn_fd, buffer, sizeof buffer)) > 0 &&
           (count = write_all(client->conn_fd, buffer, (size_t)count)) > 0)
        ;
    if (count == 0)
        printf("%s closed\n", client->name);
    else
        printf("%s lost: %s\n", client->name, strerror(errno));
    close(client->conn_fd); /* the only one there is: threads share them */
    free(client);
    return NULL;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "echo_server_threads: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("echo_server_threads: standard output");
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
    fprintf(stderr, "echo_server_threads: not ");
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
