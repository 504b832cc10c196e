/*
 * wrong_calls.c - mistakes that are made with these calls, and what each call
 * returns to them.
 *
 * Calls   socket, bind, listen, accept, connect, read, write, send, sigaction
 * Try     cc wrong_calls.c -o wrong_calls && ./wrong_calls
 * See     -1 and why, or, worse, no error at all
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void ring(int signal_number);
static void tell(const char *mistake, const char *call, long result);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: wrong_calls (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* let write return its error */
    struct sockaddr_in addr = {.sin_family = AF_INET}, client = addr;
    struct sockaddr *any = (struct sockaddr *)&addr;
    inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
    socklen_t size = sizeof addr;
    char byte = 'x';

    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int udp_fd = socket(AF_INET, SOCK_DGRAM, 0);
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    int client_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1 || udp_fd == -1 || listen_fd == -1 || client_fd == -1)
        die("socket");

    tell("not connected", "read", read(fd, &byte, 1));
    tell("not connected", "write", write(fd, &byte, 1));
    tell("listen forgotten", "accept", accept(fd, NULL, NULL));
    close(fd);
    tell("closed before", "read", read(fd, &byte, 1));
    tell("no socket, but the keyboard", "listen", listen(STDIN_FILENO, 2));

    /* Datagrams: nobody is connected, so nobody can be accepted. */
    tell("listen on a UDP socket", "listen", listen(udp_fd, 2));
    tell("UDP, and no address", "send", send(udp_fd, &byte, 1, 0));

    /* A server that is in order, and its mistakes with accept. */
    if (bind(listen_fd, any, size) == -1 || listen(listen_fd, 2) == -1 ||
        getsockname(listen_fd, any, &size) == -1)
        die("bind, listen, getsockname");
    tell("bound already", "bind", bind(listen_fd, any, size));
    tell("taken for a connection", "read", read(listen_fd, &byte, 1));

    tell("address length too short", "connect",
         connect(client_fd, any, sizeof addr - 1));
    if (connect(client_fd, any, sizeof addr) == -1)
        die("connect");
    tell("connected already", "connect", connect(client_fd, any, sizeof addr));

    /* No mistake: a signal came while a call was waiting. */
    struct sigaction action = {.sa_handler = ring}; /* no SA_RESTART */
    if (sigaction(SIGALRM, &action, NULL) == -1)
        die("sigaction");
    alarm(1);
    tell("a signal meanwhile", "read", read(client_fd, &byte, 1));
    alarm(0);

    size = 0; /* and so there is room for nothing */
    int conn_fd = accept(listen_fd, (struct sockaddr *)&client, &size);
    tell("address length not set (0)", "accept", conn_fd);
    char ip[INET_ADDRSTRLEN];
    printf("    and the client is %s:%d\n",
           inet_ntop(AF_INET, &client.sin_addr, ip, sizeof ip),
           ntohs(client.sin_port));

    /* The other end has gone, and nobody has looked. */
    close(conn_fd);
    tell("the other end has closed", "read", read(client_fd, &byte, 1));
    tell("the other end has closed", "write", write(client_fd, &byte, 1));
    return 0;
}

/* And again each second, should the first have come before the call. */
static void ring(int signal_number)
{
    alarm(signal_number == SIGALRM);
}

static void tell(const char *mistake, const char *call, long result)
{
    const char *why = result == -1 ? strerror(errno) : "no error";
    printf("%-27s %s = %ld %s\n", mistake, call, result, why);
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
    fprintf(stderr, "wrong_calls: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("wrong_calls: standard output");
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
