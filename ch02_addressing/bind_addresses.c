/*
 * bind_addresses.c - the address a server binds decides who can reach it.
 *
 * Calls   socket -> bind -> listen against socket -> connect
 * Try     cc bind_addresses.c -o bind_addresses && ./bind_addresses 9190
 * See     a server bound to  connect 127.0.0.1  connect 127.0.0.2
 *
 * 127.0.0.1 and 127.0.0.2 are two addresses of this computer on Linux; where
 * the second one is not, the table says so.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_server(struct in_addr ip, uint16_t *port);
static const char *try_connect(struct in_addr ip, uint16_t port);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2) {
        fprintf(stderr, "usage: bind_addresses PORT\n");
        return 2;
    }
    uint16_t port = (uint16_t)parse_number(argv[1], 0, 65535, "port");
    printf("a server bound to  connect 127.0.0.1  connect 127.0.0.2\n");

    /* 1. One address, the other address, all addresses. */
    struct in_addr ips[3];
    static const char *const names[] = {"127.0.0.1", "127.0.0.2", "0.0.0.0"};
    inet_pton(AF_INET, names[0], &ips[0]);
    inet_pton(AF_INET, names[1], &ips[1]);
    ips[2].s_addr = htonl(INADDR_ANY);
    for (int i = 0; i < 3; i++) {
        int listen_fd = open_server(ips[i], &port);
        if (listen_fd == -1) {
            printf("%-17s  is no address of this computer\n", names[i]);
            continue;
        }

        /* 2. The same two clients every time. */
        printf("%-17s", names[i]);
        printf("  %-17s", try_connect(ips[0], port));
        printf("  %s\n", try_connect(ips[1], port));
        close(listen_fd);
    }
    return 0;
}

/* Returns the socket, or -1: not our address. Port 0 becomes a real one. */
static int open_server(struct in_addr ip, uint16_t *port)
{
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1)
        die("socket");
    int on = 1; /* restart while old connections fade away: see chapter 7 */
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = ip};
    socklen_t addr_len = sizeof addr;
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1) {
        if (errno != EADDRNOTAVAIL)
            die("bind port %d", *port);
        close(listen_fd);
        return -1;
    }
    if (listen(listen_fd, SOMAXCONN) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    *port = ntohs(addr.sin_port);
    return listen_fd;
}

/* The system of the server answers: with a connection, or with a refusal. */
static const char *try_connect(struct in_addr ip, uint16_t port)
{
    int sock_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip};
    int said = connect(sock_fd, (struct sockaddr *)&addr, sizeof addr);
    int error = errno;
    close(sock_fd);
    return said == 0               ? "reached"
           : error == ECONNREFUSED ? "ECONNREFUSED"
                                   : strerror(error);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
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
    fprintf(stderr, "bind_addresses: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("bind_addresses: standard output");
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

/* A whole decimal number, as typed; what says which, should it be none. */
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what)
{
    unsigned long long number = strtoull(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number < least ||
        number > most) {
        fprintf(stderr, "bind_addresses: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}
