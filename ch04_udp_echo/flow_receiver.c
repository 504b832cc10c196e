/*
 * flow_receiver.c - TCP's receiver that reads too late, and loses nothing.
 *
 * Calls   socket -> bind -> listen -> setsockopt -> accept -> read -> close
 * Try     cc flow_receiver.c -o flow_receiver && ./flow_receiver 9190
 * See     listening on 127.0.0.1:9190
 * Pair    flow_sender.c; overflow_receiver.c is the same over UDP
 */
#define _POSIX_C_SOURCE 200809L
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int listen_at(const char *ip, const char *port);
static void wait_for_enter(void);
static uint32_t get_u32(const char *bytes);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: flow_receiver [ADDRESS] PORT\n");
        return 2;
    }
    /* 1. The doorkeeper. Its buffer size is inherited by who is accepted. */
    int listen_fd = listen_at(argc > 2 ? argv[1] : "127.0.0.1", argv[argc - 1]);
    int room = 64 * 1024; /* bytes of receive buffer: soon full */
    if (setsockopt(listen_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == -1)
        die("setsockopt SO_RCVBUF");

    /* 2. Block until a sender is there. */
    int conn_fd = accept(listen_fd, NULL, NULL);
    if (conn_fd == -1)
        die("accept");

    /* 3. The sender sends, we do something else. */
    printf("not reading yet: press Enter to read\n");
    wait_for_enter();

    /* 4. Read messages of 1000 bytes, in whatever pieces they come. */
    char message[1000];
    size_t have = 0;
    unsigned received = 0, out_of_order = 0;
    ssize_t count;
    while ((count = read(conn_fd, message + have, sizeof message - have)) > 0) {
        have += (size_t)count;
        if (have == sizeof message) {
            if (get_u32(message) != ++received)
                out_of_order++;
            have = 0;
        }
    }
    if (count == -1)
        die("read");
    printf("received %u\n", received);
    printf("out of order %u\n", out_of_order);
    close(conn_fd);
    return 0;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
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
    fprintf(stderr, "flow_receiver: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("flow_receiver: standard output");
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
    fprintf(stderr, "flow_receiver: not ");
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

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}

/* Four bytes in network order. */
static uint32_t get_u32(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}
