/*
 * echo_server_fork.c - send every client's bytes back to it: a process for
 * each client. The parent accepts, and collects the children that have ended.
 *
 * Calls   socket -> bind -> listen -> accept -> fork -> read/write -> close
 * Try     cc echo_server_fork.c -o echo_server_fork && ./echo_server_fork 9190
 * See     listening on 127.0.0.1:9190
 * Pair    echo_client.c; beside it: echo_server_poll.c, echo_server_threads.c
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static void echo(int conn_fd);
static void on_child(int number);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void name_address(const struct sockaddr_storage *addr, char *name);
static int listen_at(const char *ip, const char *port);
static ssize_t write_all(int fd, const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: echo_server_fork [ADDRESS] PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a client that left is write's error only */

    /* 1. Let a child's end wake us: accept returns -1 then, EINTR. */
    struct sigaction action = {.sa_handler = on_child}; /* no SA_RESTART */
    if (sigaction(SIGCHLD, &action, NULL) == -1)
        die("sigaction SIGCHLD");

    /* 2. The doorkeeper. */
    int listen_fd = listen_at(argc > 2 ? argv[1] : "127.0.0.1", argv[argc - 1]);

    for (;;) {
        /* 3. Collect who has ended: until then it is a zombie, a number and
         * a status that somebody may still ask for. */
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            printf("process %ld has ended\n", (long)pid);
        if (pid == -1 && errno != ECHILD) /* no child at all is no failure */
            perror("echo_server_fork: waitpid");

        struct sockaddr_storage client_addr;
        socklen_t addr_len = sizeof client_addr;
        int conn_fd =
            accept(listen_fd, (struct sockaddr *)&client_addr, &addr_len);
        if (conn_fd == -1) {
            if (errno == EINTR)
                continue; /* no failure: go and see who has ended */
            perror("echo_server_fork: accept");
            poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
            continue;
        }
        char name[NAME_SIZE];
        name_address(&client_addr, name);

        /* 4. From here on there are two of us, and both have both sockets. */
        pid = fork();
        if (pid == 0) {
            close(listen_fd); /* the parent's */
            echo(conn_fd);
            _exit(0);
        }
        if (pid == -1)
            perror("echo_server_fork: fork");
        else
            printf("accepted %s (fd %d), served by process %ld\n", name,
                   conn_fd, (long)pid);
        close(conn_fd); /* the child's; else the client would see no end */
    }
}

/* In the child, which may block: it holds up nobody. */
static void echo(int conn_fd)
{
    char buffer[16 * 1024];
    ssize_t count;
    while ((count = read(conn_fd, buffer, sizeof buffer)) > 0 &&
           (count = write_all(conn_fd, buffer, (size_t)count)) > 0)
        ;
    if (count == -1)
        perror("echo_server_fork: a client is lost");
}

/* Being interrupted is all that is wanted. */
static void on_child(int number)
{
    (void)number;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
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
    fprintf(stderr, "echo_server_fork: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("echo_server_fork: standard output");
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
    fprintf(stderr, "echo_server_fork: not ");
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
