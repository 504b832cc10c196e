/*
 * io_buffers_server.c - read only when Enter is pressed, and see what has come
 * into the input buffer until then.
 *
 * More than POSIX: FIONREAD, which every Unix has, asks how many bytes wait.
 *
 * Calls   socket -> bind -> listen -> accept -> ioctl/read -> close
 * Try     cc io_buffers_server.c -o io_buffers_server
 *         ./io_buffers_server 9190
 * See     listening on 127.0.0.1:9190
 * Pair    io_buffers_client.c in a second terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { BITE = 25 * 1000 * 1000 }; /* bytes that one Enter reads */

static ssize_t read_bite(int conn_fd, long long total);
static void standard_streams(void);
static int listen_at(const char *ip, const char *port);
static int accept_next(int listen_fd, char *name);
static void wait_for_enter(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: io_buffers_server [ADDRESS] PORT\n");
        return 2;
    }
    /* 1. The doorkeeper. */
    int listen_fd = listen_at(argc > 2 ? argv[1] : "127.0.0.1", argv[argc - 1]);

    for (;;) {
        /* 2. Block until a connection is there. It has a socket of its own. */
        char name[NAME_SIZE];
        int conn_fd = accept_next(listen_fd, name);
        printf("accepted %s; each Enter reads %d bytes\n", name, BITE);

        /* 3. The bytes come into the input buffer whether we read or not. */
        long long total = 0;
        ssize_t count;
        do {
            wait_for_enter();
            int waiting = 0;
            if (ioctl(conn_fd, FIONREAD, &waiting) == -1)
                perror("io_buffers_server: ioctl FIONREAD");
            count = read_bite(conn_fd, total);
            if (count > 0)
                printf("%d bytes waited in the input buffer; read %zd, "
                       "%lld so far\n",
                       waiting, count, total += count);
        } while (count == BITE);
        if (count >= 0)
            printf("%s closed after %lld bytes, each one in its place\n", name,
                   total);
        else
            printf("%s lost after %lld bytes: %s\n", name, total,
                   strerror(errno));

        /* 4. End our half, too. The doorkeeper stays. */
        close(conn_fd);
    }
}

/* BITE bytes, fewer only at the end. -1: read failed, or the bytes are not
 * those of io_buffers_client, whose byte number n is n modulo 251. */
static ssize_t read_bite(int conn_fd, long long total)
{
    static unsigned char buffer[64 * 1024];
    ssize_t done = 0;
    while (done < BITE) {
        size_t size = (size_t)(BITE - done);
        ssize_t count =
            read(conn_fd, buffer, size < sizeof buffer ? size : sizeof buffer);
        if (count == -1)
            return -1;
        if (count == 0)
            break;
        for (ssize_t i = 0; i < count; i++)
            if (buffer[i] != (total + done + i) % 251) {
                errno = EBADMSG;
                return -1;
            }
        done += count;
    }
    return done;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
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
    fprintf(stderr, "io_buffers_server: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("io_buffers_server: standard output");
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
    fprintf(stderr, "io_buffers_server: not ");
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

/* accept, which echo_server.c of chapter 3 shows, and the client's name. */
static int accept_next(int listen_fd, char *name)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    int fd;
    while ((fd = accept(listen_fd, (struct sockaddr *)&addr, &size)) == -1) {
        perror("io_buffers_server: accept");
        poll(NULL, 0, 100); /* out of descriptors? breathe, do not spin */
    }
    name_address(&addr, name);
    return fd;
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}
