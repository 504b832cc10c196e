/*
 * ends_with_first.c - an echo server. To be mended: see exercises.md.
 *
 * Calls   socket -> bind -> listen -> accept -> read/write -> close
 * Try     cc ends_with_first.c -o ends_with_first && ./ends_with_first 9190
 * See     listening on 127.0.0.1:9190
 * Pair    ../echo_client.c in a second terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static void name_address(const struct sockaddr_storage *addr, char *name);
static ssize_t write_all(int fd, const char *bytes, size_t count);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: ends_with_first [ADDRESS] PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr, client_addr;
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

    /* 2. Give it the address; port 0 lets the system choose one. */
    if (bind(listen_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("bind %s", name);

    /* 3. Open the door: the system now completes handshakes by itself. */
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&server_addr, &addr_len))
        die("getsockname");
    name_address(&server_addr, name);
    printf("listening on %s\n", name);

    /* 4. Block until a client is there. It has a socket of its own. */
    addr_len = sizeof client_addr;
    int conn_fd = accept(listen_fd, (struct sockaddr *)&client_addr, &addr_len);
    if (conn_fd == -1)
        die("accept");
    name_address(&client_addr, name);
    printf("accepted %s\n", name);

    /* 5. Read what there is, write it back; 0 means the client is done. */
    char buffer[4096];
    ssize_t count;
    while ((count = read(conn_fd, buffer, sizeof buffer)) > 0)
        if (write_all(conn_fd, buffer, (size_t)count) == -1)
            die("write");
    if (count == -1)
        die("read");
    printf("%s closed\n", name);

    /* 6. Both sockets are done. */
    close(conn_fd);
    close(listen_fd);
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "ends_with_first: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("ends_with_first: standard output");
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
    fprintf(stderr, "ends_with_first: not ");
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
