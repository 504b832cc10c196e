/*
 * same_port.c - one port number: when a second socket may have it, too.
 *
 * Calls   socket -> setsockopt SO_REUSEPORT -> bind, again and again
 * Try     cc same_port.c -o same_port && ./same_port 9190
 * See     bound    UDP 127.0.0.1:9190
 *
 * More than POSIX, so _DEFAULT_SOURCE: SO_REUSEPORT (Linux, BSD, macOS).
 */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int try_bind(int type, const char *ip, uint16_t *port, int reuse);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 2) {
        fprintf(stderr, "usage: same_port PORT\n");
        return 2;
    }
    uint16_t port = (uint16_t)parse_number(argv[1], 0, 65535, "port");

    /* 1. The first socket gets the port, the next one does not. */
    int first_fd = try_bind(SOCK_DGRAM, "127.0.0.1", &port, 0);
    if (first_fd == -1)
        die("bind UDP 127.0.0.1:%d", port);
    try_bind(SOCK_DGRAM, "127.0.0.1", &port, 0);

    /* 2. TCP and UDP count their ports apart. */
    try_bind(SOCK_STREAM, "127.0.0.1", &port, 0);

    /* 3. So does each address; but 0.0.0.0 means all of them. */
    try_bind(SOCK_DGRAM, "127.0.0.2", &port, 0);
    try_bind(SOCK_DGRAM, "0.0.0.0", &port, 0);

    /* 4. Two who both ask for it before bind share even all of it. */
    close(first_fd);
    printf("the first UDP socket closes\n");
    try_bind(SOCK_DGRAM, "127.0.0.1", &port, 1);
    try_bind(SOCK_DGRAM, "127.0.0.1", &port, 1);
    return 0;
}

/* One row. Returns the socket, or -1 and bind's reason. */
static int try_bind(int type, const char *ip, uint16_t *port, int reuse)
{
    int sock_fd = socket(AF_INET, type, 0);
    if (sock_fd == -1)
        die("socket");
    if (reuse &&
        setsockopt(sock_fd, SOL_SOCKET, SO_REUSEPORT, &reuse, sizeof reuse))
        die("setsockopt SO_REUSEPORT");
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(*port)};
    if (inet_pton(AF_INET, ip, &addr.sin_addr) != 1)
        die("inet_pton %s", ip);
    socklen_t addr_len = sizeof addr;
    int refused = bind(sock_fd, (struct sockaddr *)&addr, addr_len) == -1;
    int error = errno;
    if (!refused && getsockname(sock_fd, (struct sockaddr *)&addr, &addr_len))
        die("getsockname");
    *port = ntohs(addr.sin_port); /* was it 0? Now it is what we have got */
    printf("%-8s %s %s:%d%s", refused ? "refused" : "bound",
           type == SOCK_STREAM ? "TCP" : "UDP", ip, *port,
           reuse ? ", SO_REUSEPORT" : "");
    if (refused)
        printf(": %s", error == EADDRINUSE ? "EADDRINUSE" : strerror(error));
    printf("\n");
    if (!refused)
        return sock_fd; /* open until the program ends: it keeps the port */
    close(sock_fd);
    errno = error;
    return -1;
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
    fprintf(stderr, "same_port: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("same_port: standard output");
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
        fprintf(stderr, "same_port: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
}
