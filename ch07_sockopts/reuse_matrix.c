/*
 * reuse_matrix.c - who may have a port that another socket has, or had?
 *
 * Every pair of options, old socket and new, in five situations, really done.
 * SO_REUSEPORT is not POSIX: its rows are there where the system has it.
 *
 * Calls   socket -> setsockopt -> bind -> listen, twice on one port
 * Try     cc reuse_matrix.c -o reuse_matrix && ./reuse_matrix
 * See     a row for each pair of options: ok, or which call was refused
 * Pair    time_wait_server.c lives through the last column
 */
#define _DEFAULT_SOURCE /* SO_REUSEPORT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BOUND, LISTENING, ELSEWHERE, CONNECTED, TIME_WAIT, SITUATIONS };

static const char *try_pair(int old_option, int new_option, int situation);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: reuse_matrix (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    static const struct {
        int number;
        const char *name;
    } options[] = {{0, "-"},
                   {SO_REUSEADDR, "ADDR"},
#ifdef SO_REUSEPORT
                   {SO_REUSEPORT, "PORT"}
#endif
    };
    size_t count = sizeof options / sizeof options[0];

    /* Every row on ports of its own, so that no try disturbs the next. */
    printf("SO_REUSE     the old socket, of the same port, is or was\n");
    printf(
        "old   new       bound  listening    0.0.0.0  connected  TIME_WAIT\n");
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++) {
            printf("%-5s %-4s", options[i].name, options[k].name);
            for (int situation = 0; situation < SITUATIONS; situation++)
                printf("  %9s", try_pair(options[i].number, options[k].number,
                                         situation));
            printf("\n");
        }
    return 0;
}

static int socket_with(int option)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd == -1)
        die("socket");
    if (option && setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == -1)
        die("setsockopt");
    return fd;
}

/* The old socket gets its port, then the new one asks for the same. */
static const char *try_pair(int old_option, int new_option, int situation)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    struct sockaddr *any = (struct sockaddr *)&addr;
    socklen_t addr_len = sizeof addr;
    addr.sin_addr.s_addr =
        htonl(situation == ELSEWHERE ? INADDR_ANY : INADDR_LOOPBACK);

    /* 1. The old socket, on a port that the system chooses. */
    int old_fd = socket_with(old_option), peer_fd = -1;
    if (bind(old_fd, any, sizeof addr) == -1)
        die("bind port 0");
    if (situation != BOUND && listen(old_fd, 1) == -1)
        die("listen");
    if (getsockname(old_fd, any, &addr_len) == -1)
        die("getsockname");

    /* 2. What it is doing when the new one comes. */
    if (situation == CONNECTED || situation == TIME_WAIT) {
        peer_fd = socket_with(0);
        if (connect(peer_fd, any, sizeof addr) == -1)
            die("connect");
        int conn_fd = accept(old_fd, NULL, NULL);
        if (conn_fd == -1)
            die("accept");
        close(old_fd);
        old_fd = conn_fd; /* it has the listener's port */
    }
    if (situation == TIME_WAIT) {
        char byte;
        if (shutdown(old_fd, SHUT_WR) == -1) /* the old one closes first */
            die("shutdown");
        if (read(peer_fd, &byte, 1) != 0)
            die("read at the client");
        close(peer_fd);
        if (read(old_fd, &byte, 1) != 0) /* the client's FIN is here now */
            die("read");
        close(old_fd);
        old_fd = peer_fd = -1;
    }

    /* 3. The new socket: the same port, and 127.0.0.1 in every case. */
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int new_fd = socket_with(new_option);
    const char *verdict = "ok";
    if (bind(new_fd, any, sizeof addr) == -1)
        verdict = errno == EADDRINUSE ? "no bind" : strerror(errno);
    else if (listen(new_fd, 1) == -1)
        verdict = errno == EADDRINUSE ? "no listen" : strerror(errno);
    close(new_fd);
    if (peer_fd != -1)
        close(peer_fd);
    if (old_fd != -1)
        close(old_fd);
    return verdict;
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
    fprintf(stderr, "reuse_matrix: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("reuse_matrix: standard output");
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
