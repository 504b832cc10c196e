/*
 * recv_flags.c - what recv and send can do that read and write cannot: their
 * fourth argument. With 0 in it they are the same.
 *
 * Linux, for MSG_DONTWAIT and MSG_NOSIGNAL are not everywhere; MSG_PEEK and
 * MSG_WAITALL are.
 *
 * Calls   recv, read; send, write, on one connection
 * Try     cc recv_flags.c -o recv_flags && ./recv_flags
 * See     a look that takes nothing away; all or nothing; no waiting; no signal
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 10 * 1000 }; /* ms for bytes that are on their way */

static void say_result(const char *call, ssize_t count, const char *bytes);
static void write_piece_by_piece(int fd, const char *text);
static void note_signal(int number);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static void await_bytes(int fd);

static volatile sig_atomic_t signals;

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: recv_flags (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    int a_fd, b_fd;
    char got[16];
    connect_pair("127.0.0.1", &a_fd, &b_fd);
    signal(SIGCHLD, SIG_DFL); /* or wait may find no child */
    struct sigaction action = {.sa_handler = note_signal};
    if (sigaction(SIGPIPE, &action, NULL) == -1)
        die("sigaction SIGPIPE");

    /* 1. Five bytes come, in one packet. */
    if (write(b_fd, "hello", 5) != 5)
        die("write");
    await_bytes(a_fd);
    say_result("recv 5, MSG_PEEK", recv(a_fd, got, 5, MSG_PEEK), got);
    say_result("recv 2, 0", recv(a_fd, got, 2, 0), got);
    say_result("read 9", read(a_fd, got, 9), got);
    say_result("recv 9, MSG_DONTWAIT", recv(a_fd, got, 9, MSG_DONTWAIT), got);

    /* 2. Nine more, one at a time: read would take what is there. */
    write_piece_by_piece(b_fd, "one by on");
    say_result("recv 9, MSG_WAITALL", recv(a_fd, got, 9, MSG_WAITALL), got);
    if (wait(NULL) == -1)
        die("wait");

    /* 3. We have said our last word. Whoever writes all the same gets EPIPE,
     * and SIGPIPE, which ends a program that has not asked for it. */
    if (shutdown(a_fd, SHUT_WR) == -1)
        die("shutdown");
    say_result("send 1, MSG_NOSIGNAL", send(a_fd, "x", 1, MSG_NOSIGNAL), "x");
    say_result("write 1", write(a_fd, "x", 1), "x");
    return 0;
}

static void say_result(const char *call, ssize_t count, const char *bytes)
{
    if (count == -1)
        printf("%-21s-1 %s%s\n", call,
               errno == EAGAIN  ? "EAGAIN"
               : errno == EPIPE ? "EPIPE"
                                : strerror(errno),
               signals > 0 ? ", and SIGPIPE" : "");
    else
        printf("%-21s%2zd \"%.*s\"\n", call, count, (int)count, bytes);
}

/* Another process writes: we are to wait for it in one recv. */
static void write_piece_by_piece(int fd, const char *text)
{
    pid_t child = fork();
    if (child == -1)
        die("fork");
    if (child == 0) {
        for (; *text; text++)
            if (write(fd, text, 1) != 1)
                die("write");
        _exit(0);
    }
}

static void note_signal(int number)
{
    (void)number;
    signals = 1;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
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
    fprintf(stderr, "recv_flags: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("recv_flags: standard output");
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

/* Both ends of a connection at an address of this computer: A has called
 * connect, B is what accept returned. */
static void connect_pair(const char *ip, int *a_fd, int *b_fd)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    inet_pton(AF_INET, ip, &addr.sin_addr);
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    *a_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (listen_fd == -1 || *a_fd == -1)
        die("socket");
    if (bind(listen_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("bind");
    if (listen(listen_fd, 1) == -1)
        die("listen");
    if (getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) == -1)
        die("getsockname");
    if (connect(*a_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect");
    *b_fd = accept(listen_fd, NULL, NULL);
    if (*b_fd == -1)
        die("accept");
    close(listen_fd);
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}
