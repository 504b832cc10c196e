/*
 * socket_options.c - the options of a socket, and what they are when it is new.
 *
 * Calls   socket -> getsockopt -> setsockopt
 * Try     cc socket_options.c -o socket_options && ./socket_options
 * See     a line for each option: its level, its type, TCP's value, UDP's value
 * Pair    buffer_sizes.c, time_wait_server.c, nagle_client.c use them
 */
#define _DEFAULT_SOURCE /* SO_REUSEPORT, IP_TTL and TCP_MAXSEG */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

enum type { INT, LINGER, TIMEVAL };
static const char *const type_names[] = {"int", "linger", "timeval"};

struct option {
    const char *level_name, *name;
    int level, number;
    enum type type;
};

#define OPTION(level, number, type)                                            \
    {                                                                          \
#level, #number, level, number, type                                   \
    }
static const struct option options[] = {
    OPTION(SOL_SOCKET, SO_RCVBUF, INT),
    OPTION(SOL_SOCKET, SO_SNDBUF, INT),
    OPTION(SOL_SOCKET, SO_REUSEADDR, INT),
#ifdef SO_REUSEPORT
    OPTION(SOL_SOCKET, SO_REUSEPORT, INT),
#endif
    OPTION(SOL_SOCKET, SO_KEEPALIVE, INT),
    OPTION(SOL_SOCKET, SO_BROADCAST, INT),
    OPTION(SOL_SOCKET, SO_LINGER, LINGER),
    OPTION(SOL_SOCKET, SO_RCVTIMEO, TIMEVAL),
    OPTION(SOL_SOCKET, SO_TYPE, INT),
    OPTION(SOL_SOCKET, SO_ERROR, INT),
    OPTION(IPPROTO_IP, IP_TTL, INT),
    OPTION(IPPROTO_TCP, TCP_NODELAY, INT),
    OPTION(IPPROTO_TCP, TCP_MAXSEG, INT),
};

union value {
    int number;
    struct linger linger;
    struct timeval time;
};

static void show(int fd, const struct option *option, char text[16]);
static const char *may_be_set(int fd, const struct option *option);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: socket_options (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    /* 1. Two new sockets, nothing done to them yet. */
    int tcp_fd = socket(AF_INET, SOCK_STREAM, 0);
    int udp_fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (tcp_fd == -1 || udp_fd == -1)
        die("socket");

    /* 2. An option belongs to a level: the socket, or one protocol. */
    printf("level        option        type     set       TCP       UDP\n");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char tcp[16], udp[16];
        show(tcp_fd, &options[i], tcp);
        show(udp_fd, &options[i], udp);

        /* 3. Some may only be read. */
        printf("%-11s  %-12s  %-7s  %-3s  %8s  %8s\n", options[i].level_name,
               options[i].name, type_names[options[i].type],
               may_be_set(tcp_fd, &options[i]), tcp, udp);
    }
    return 0;
}

/* The value in words; "-" where this socket knows no such option. */
static void show(int fd, const struct option *option, char text[16])
{
    union value value;
    socklen_t size = sizeof value;
    if (getsockopt(fd, option->level, option->number, &value, &size) == -1) {
        if (errno != ENOPROTOOPT && errno != EOPNOTSUPP && errno != EINVAL)
            die("getsockopt %s", option->name);
        snprintf(text, 16, "-");
    } else if (option->type == LINGER && !value.linger.l_onoff) {
        snprintf(text, 16, "off");
    } else if (option->type == LINGER) {
        snprintf(text, 16, "%d s", value.linger.l_linger);
    } else if (option->type == TIMEVAL) {
        snprintf(text, 16, "%lld s", (long long)value.time.tv_sec);
    } else {
        snprintf(text, 16, "%d", value.number);
    }
}

/* Set it to what it is, only to see whether that is refused. */
static const char *may_be_set(int fd, const struct option *option)
{
    union value value;
    socklen_t size = sizeof value;
    if (getsockopt(fd, option->level, option->number, &value, &size) == -1)
        die("getsockopt %s", option->name);
    if (setsockopt(fd, option->level, option->number, &value, size) == 0)
        return "yes";
    if (errno != ENOPROTOOPT)
        die("setsockopt %s", option->name);
    return "no";
}

/* ---- The same in every program of this suite (tests/common) ---- */
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
    fprintf(stderr, "socket_options: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("socket_options: standard output");
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
