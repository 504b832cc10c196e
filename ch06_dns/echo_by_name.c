/*
 * echo_by_name.c - an echo client that is given a name, and tries every
 * address.
 *
 * Calls   getaddrinfo -> (socket -> connect) until one answers -> write/read
 * Try     cc echo_by_name.c -o echo_by_name && ./echo_by_name localhost 9190
 * See     each address that failed, why, and the one that answered
 * Pair    echo_server.c of chapter 3 in a first terminal
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAME_SIZE = INET6_ADDRSTRLEN + sizeof "[]:65535" };
enum { PATIENCE = 5 * 60 * 1000 }; /* ms without a byte from the server */

static void check_arguments(const char *name, const char *port);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static void name_address(const struct sockaddr_storage *addr, char *name);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static const char *gai_error_name(int error);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: echo_by_name NAME PORT\n");
        return 2;
    }
    check_arguments(argv[1], argv[2]);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. All addresses of that name, IPv6 and IPv4, best guess first. */
    struct addrinfo hints, *list;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    int error = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (error) {
        fprintf(stderr, "echo_by_name: %.40s: %s\n", argv[1],
                gai_error_name(error));
        return 1;
    }

    /* 2. One after the other. A failed socket is of no use: a new one each. */
    int sock_fd = -1;
    for (struct addrinfo *one = list; one && sock_fd == -1;
         one = one->ai_next) {
        char address[NAME_SIZE];
        name_address((struct sockaddr_storage *)one->ai_addr, address);
        sock_fd = socket(one->ai_family, SOCK_STREAM, 0);
        if (sock_fd == -1) {
            fprintf(stderr, "%s: socket: %s\n", address, strerror(errno));
        } else if (connect(sock_fd, one->ai_addr, one->ai_addrlen) == -1) {
            fprintf(stderr, "%s: connect: %s\n", address, strerror(errno));
            close(sock_fd);
            sock_fd = -1;
        } else {
            fprintf(stderr, "%s: connected\n", address);
        }
    }
    freeaddrinfo(list);
    if (sock_fd == -1) {
        fprintf(stderr, "echo_by_name: nobody answers as %.40s\n", argv[1]);
        return 1;
    }

    /* 3. A terminal hands over a line at a time, a pipe what it holds. */
    char sent[16 * 1024], received[sizeof sent];
    ssize_t count;
    while ((count = read(STDIN_FILENO, sent, sizeof sent)) > 0) {
        size_t length = (size_t)count;
        if (write_all(sock_fd, sent, length) == -1)
            die("write");

        /* 4. One write may come back in many pieces: collect them all. */
        for (size_t back = 0; back < length; back += (size_t)count) {
            await_bytes(sock_fd);
            count = read(sock_fd, received + back, length - back);
            if (count == -1)
                die("read");
            if (count == 0) {
                fprintf(stderr,
                        "echo_by_name: the server left after %zu of "
                        "%zu bytes\n",
                        back, length);
                return 1;
            }
        }
        if (memcmp(sent, received, length) != 0) {
            fprintf(stderr, "echo_by_name: these are not the bytes sent\n");
            return 1;
        }
        if (write_all(STDOUT_FILENO, received, length) == -1)
            die("write standard output");
    }
    if (count == -1)
        die("read standard input");

    /* 5. End our half. The server reads 0, ends the other, and we read 0. */
    if (shutdown(sock_fd, SHUT_WR) == -1)
        die("shutdown");
    await_bytes(sock_fd);
    count = read(sock_fd, received, sizeof received);
    if (count == -1)
        die("read");
    if (count > 0) {
        fprintf(stderr, "echo_by_name: the server sent more than it got\n");
        return 1;
    }
    close(sock_fd);
    return 0;
}

/* A port, and a name no longer than DNS can carry. */
static void check_arguments(const char *name, const char *port)
{
    unsigned long number = strtoul(port, NULL, 10);
    if (port[strspn(port, "0123456789")] || number < 1 || number > 65535) {
        fprintf(stderr, "echo_by_name: not a port (1 to 65535): \"%.40s\"\n",
                port);
        exit(2);
    }
    if (!*name || strlen(name) > 253) {
        fprintf(stderr, "echo_by_name: not a name: \"%.40s\"\n", name);
        exit(2);
    }
}

/* ---- The same in every program of this suite (tests/common) ---- */

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "echo_by_name: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, ": %s\n", strerror(error));
    va_end(values);
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("echo_by_name: standard output");
    _exit(1);
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

/* 127.0.0.1:9190, or [::1]:9190 */
static void name_address(const struct sockaddr_storage *addr, char *name)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
    bool is_v4 = addr->ss_family == AF_INET;
    const void *bytes = is_v4 ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    char ip[INET6_ADDRSTRLEN] = "?";
    inet_ntop(addr->ss_family, bytes, ip, sizeof ip);
    snprintf(name, NAME_SIZE, is_v4 ? "%s:%d" : "[%s]:%d", ip,
             ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
}

/* write may take only a part of it. Returns count, or -1. */
static ssize_t write_all(int fd, const char *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        ssize_t written = write(fd, bytes + done, count - done);
        if (written == -1)
            return -1;
        done += (size_t)written;
    }
    return (ssize_t)count;
}

/* The other end may be silent for ever; we are not that patient. */
static void await_bytes(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int ready = poll(&wanted, 1, PATIENCE);
    if (ready == 0)
        errno = ETIMEDOUT;
    if (ready != 1)
        die("poll");
}

/* These errors are not errno's. gai_strerror has words, but not the name. */
static const char *gai_error_name(int error)
{
    switch (error) {
    case EAI_NONAME:
        return "EAI_NONAME, there is no such name";
    case EAI_AGAIN:
        return "EAI_AGAIN, no name server has answered; later one may";
    case EAI_FAIL:
        return "EAI_FAIL, the name server cannot answer this";
    case EAI_SERVICE:
        return "EAI_SERVICE, there is no such service";
    case EAI_FAMILY:
        return "EAI_FAMILY, no such kind of address";
    case EAI_MEMORY:
        return "EAI_MEMORY, out of memory";
    case EAI_SYSTEM:
        return strerror(errno);
    default: /* a system may have more */
        return gai_strerror(error);
    }
}
