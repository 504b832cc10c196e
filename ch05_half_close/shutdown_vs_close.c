/*
 * shutdown_vs_close.c - close gives up a descriptor, shutdown ends a direction.
 *
 * A connection ends when its last descriptor is closed. dup makes another
 * one, and so does fork: whoever forgets that copy waits for an end of file
 * that never comes. shutdown does not care how many there are.
 *
 * Calls   socket, bind, listen, connect, accept; dup, fork; close, shutdown
 * Try     cc shutdown_vs_close.c -o shutdown_vs_close && ./shutdown_vs_close
 * See     what B reads after each call at A
 * Pair    none: both ends are in this program
 */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 10 * 1000 }; /* ms for what must arrive */

static void end_with_copies(void);
static void end_with_a_child(void);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void connect_pair(const char *ip, int *a_fd, int *b_fd);
static void await_bytes(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 1) {
        fprintf(stderr, "usage: shutdown_vs_close (not \"%.40s\")\n", argv[1]);
        return 2;
    }
    end_with_copies();
    end_with_a_child();
    return 0;
}

/* Has anything come to B, be it the end? */
static void look_at(int b_fd)
{
    struct pollfd wanted = {.fd = b_fd, .events = POLLIN};
    int ready = poll(&wanted, 1, 0);
    if (ready == -1)
        die("poll");
    printf("B's read would %s\n", ready == 0 ? "wait" : "return");
}

static void read_at(const char *whose, int fd)
{
    char bytes[16];
    await_bytes(fd);
    ssize_t count = read(fd, bytes, sizeof bytes);
    if (count == -1)
        die("read");
    printf("%s's read returns %zd\n", whose, count);
}

/* One connection, and three descriptors for the end A of it. */
static void end_with_copies(void)
{
    int a_fd, b_fd;
    connect_pair("127.0.0.1", &a_fd, &b_fd);
    int copy_fd = dup(a_fd), third_fd = dup(a_fd);
    if (copy_fd == -1 || third_fd == -1)
        die("dup");

    /* 1. close: one descriptor less, and not a packet. */
    close(a_fd);
    printf("close(A), a copy is open: ");
    look_at(b_fd);

    /* 2. The copy is as good as A was: had an end been sent, nothing could
     *    come after it. */
    if (write(copy_fd, "hello", 5) != 5)
        die("write");
    printf("write(copy, 5 bytes): ");
    read_at("B", b_fd);

    /* 3. shutdown: the end of one direction, though two descriptors are open;
     *    the other direction goes on. */
    if (shutdown(copy_fd, SHUT_WR) == -1)
        die("shutdown");
    printf("shutdown(copy, SHUT_WR), another copy is open: ");
    read_at("B", b_fd);
    if (write(b_fd, "bye", 3) != 3)
        die("write at B");
    printf("B writes 3 bytes: ");
    read_at("the other copy", third_fd);
    close(copy_fd);
    close(third_fd);
    close(b_fd);
}

/* fork copies every descriptor. The child does nothing with A. */
static void end_with_a_child(void)
{
    int a_fd, b_fd, pipe_fds[2];
    char byte;
    connect_pair("127.0.0.1", &a_fd, &b_fd);
    if (pipe(pipe_fds) == -1)
        die("pipe");
    signal(SIGCHLD, SIG_DFL); /* or waitpid may find no child */
    pid_t child = fork();
    if (child == -1)
        die("fork");
    if (child == 0) {
        close(pipe_fds[1]);
        if (read(pipe_fds[0], &byte, 1) == -1)
            die("read");
        _exit(0);
    }

    /* 1. The parent closes A and thinks that this was the end. */
    close(a_fd);
    printf("close(A) in the parent, a child lives: ");
    look_at(b_fd);

    /* 2. The end of the pipe sends the child home, and its A with it. */
    close(pipe_fds[1]);
    if (waitpid(child, NULL, 0) == -1)
        die("waitpid");
    printf("the child has gone: ");
    read_at("B", b_fd);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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
    fprintf(stderr, "shutdown_vs_close: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("shutdown_vs_close: standard output");
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
