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
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint16_t parse_port(const char *text);
static int open_server(const char *ip, uint16_t *port);
static const char *try_connect(const char *ip, uint16_t port);
static struct sockaddr_in make_address(const char *ip, uint16_t port);
static _Noreturn void die(const char *format, ...);

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: bind_addresses PORT\n");
        return 2;
    }
    uint16_t port = parse_port(argv[1]);
    printf("a server bound to  connect 127.0.0.1  connect 127.0.0.2\n");

    /* 1. One address, the other address, all addresses. */
    static const char *const ips[] = {"127.0.0.1", "127.0.0.2", "0.0.0.0"};
    for (int i = 0; i < 3; i++) {
        int listen_fd = open_server(ips[i], &port);
        if (listen_fd == -1 && errno != EADDRNOTAVAIL)
            die("bind %s:%d", ips[i], port);
        if (listen_fd == -1) {
            printf("%-17s  is no address of this computer\n", ips[i]);
            continue;
        }

        /* 2. The same two clients every time. */
        printf("%-17s", ips[i]);
        printf("  %-17s", try_connect("127.0.0.1", port));
        printf("  %s\n", try_connect("127.0.0.2", port));
        close(listen_fd);
    }
    return 0;
}

/* Returns the socket, or -1 and bind's reason. Port 0 becomes a real one. */
static int open_server(const char *ip, uint16_t *port)
{
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1)
        die("socket");
    int on = 1; /* restart while old connections fade away: see chapter 7 */
    if (setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
        die("setsockopt SO_REUSEADDR");
    struct sockaddr_in addr = make_address(ip, *port);
    socklen_t addr_len = sizeof addr;
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1) {
        int error = errno;
        close(listen_fd);
        errno = error;
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
static const char *try_connect(const char *ip, uint16_t port)
{
    int sock_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    struct sockaddr_in addr = make_address(ip, port);
    int said = connect(sock_fd, (struct sockaddr *)&addr, sizeof addr);
    int error = errno;
    close(sock_fd);
    return said == 0               ? "reached"
           : error == ECONNREFUSED ? "ECONNREFUSED"
                                   : strerror(error);
}

static struct sockaddr_in make_address(const char *ip, uint16_t port)
{
    struct sockaddr_in addr;
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    if (inet_pton(AF_INET, ip, &addr.sin_addr) != 1)
        die("inet_pton %s", ip);
    return addr;
}

/* A whole number; 0 lets the system choose. */
static uint16_t parse_port(const char *text)
{
    unsigned long number = strtoul(text, NULL, 10);
    if (!*text || text[strspn(text, "0123456789")] || number > 65535) {
        fprintf(stderr, "bind_addresses: not a port (0 to 65535): \"%.40s\"\n",
                text);
        exit(2);
    }
    return (uint16_t)number;
}

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "bind_addresses: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}
