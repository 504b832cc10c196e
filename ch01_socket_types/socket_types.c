/*
 * socket_types.c - ask for every kind of socket, and ask each what it is.
 *
 * Calls   socket -> getsockopt SO_TYPE, SO_PROTOCOL -> close
 * Try     cc socket_types.c -o socket_types && ./socket_types
 * See     AF_INET   SOCK_STREAM  0                SOCK_STREAM, TCP
 *
 * More than POSIX 2008, so _DEFAULT_SOURCE: PF_INET, and SO_PROTOCOL, which
 * POSIX has only since 2024. Not every machine has every protocol: the table
 * says so.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* The numbers are everybody's (IANA's, and Linux's own for MPTCP). */
enum { SCTP = 132, UDPLITE = 136, MPTCP = 262 };

static void try_socket(int type, const char *protocol_name, int protocol);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: socket_types (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    printf("AF_INET is %d, and PF_INET is %d\n", AF_INET, PF_INET);
    printf("%-8s %-12s %-16s %s\n", "family", "type", "third argument",
           "the system says");

    /* 1. Family and type are enough: 0 stands for the one that is meant. */
    try_socket(SOCK_STREAM, "0", 0);
    try_socket(SOCK_DGRAM, "0", 0);

    /* 2. The third argument may say it, too, but it must fit the type. */
    try_socket(SOCK_STREAM, "IPPROTO_TCP", IPPROTO_TCP);
    try_socket(SOCK_DGRAM, "IPPROTO_UDP", IPPROTO_UDP);
    try_socket(SOCK_STREAM, "IPPROTO_UDP", IPPROTO_UDP);
    try_socket(SOCK_DGRAM, "IPPROTO_TCP", IPPROTO_TCP);

    /* 3. Here it is needed: a second protocol, same family, same type. */
    try_socket(SOCK_STREAM, "IPPROTO_MPTCP", MPTCP);
    try_socket(SOCK_DGRAM, "IPPROTO_UDPLITE", UDPLITE);
    try_socket(SOCK_STREAM, "IPPROTO_SCTP", SCTP);
    return 0;
}

static const char *protocol_called(int protocol)
{
    return protocol == IPPROTO_TCP   ? "TCP"
           : protocol == IPPROTO_UDP ? "UDP"
           : protocol == SCTP        ? "SCTP"
           : protocol == UDPLITE     ? "UDP-Lite"
           : protocol == MPTCP       ? "MPTCP"
                                     : "another protocol";
}

/* What socket(2) knows for a combination that does not exist; else NULL. */
static const char *errno_name(int error)
{
    return error == EPROTONOSUPPORT ? "EPROTONOSUPPORT"
           : error == EPROTOTYPE    ? "EPROTOTYPE"
           : error == ENOPROTOOPT   ? "ENOPROTOOPT"
           : error == EAFNOSUPPORT  ? "EAFNOSUPPORT"
           : error == EINVAL        ? "EINVAL"
                                    : NULL;
}

/* One row: what was asked for, and what came of it. */
static void try_socket(int type, const char *protocol_name, int protocol)
{
    int sock_fd = socket(AF_INET, type, protocol);
    const char *error = sock_fd == -1 ? errno_name(errno) : NULL;
    if (sock_fd == -1 && error == NULL)
        die("socket"); /* out of descriptors, say: nothing about the types */
    printf("AF_INET  %-12s %-16s ",
           type == SOCK_STREAM ? "SOCK_STREAM" : "SOCK_DGRAM", protocol_name);
    if (error != NULL) {
        int basic = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
        printf("%s: %s\n", basic ? "refused" : "not on this machine", error);
        return;
    }
    int real;
    socklen_t length = sizeof real;
    if (getsockopt(sock_fd, SOL_SOCKET, SO_TYPE, &real, &length) == -1)
        die("getsockopt SO_TYPE");
    printf(real == SOCK_STREAM ? "SOCK_STREAM, " : "SOCK_DGRAM, ");
#ifdef SO_PROTOCOL
    if (getsockopt(sock_fd, SOL_SOCKET, SO_PROTOCOL, &real, &length) == -1)
        die("getsockopt SO_PROTOCOL");
    printf("%s\n", protocol_called(real));
#else
    printf("(this system has no SO_PROTOCOL; we asked for %s)\n",
           protocol_called(protocol));
#endif
    close(sock_fd);
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
    fprintf(stderr, "socket_types: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("socket_types: standard output");
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
