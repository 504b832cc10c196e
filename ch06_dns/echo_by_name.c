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
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IP_SIZE = INET6_ADDRSTRLEN + sizeof "%interface-name00",
    NAME_SIZE = IP_SIZE + sizeof "[]:65535",
    PATIENCE = 5 * 60 * 1000 /* ms without a byte from the server */
};

static int echo_input(int sock_fd);
static void write_address(const struct addrinfo *one, char *address);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static unsigned long parse_number(const char *text, unsigned long least,
                                  unsigned long most, const char *what);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static size_t read_all(int fd, char *bytes, size_t count);
static void check_name(const char *name);
static const char *gai_error_name(int error);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 3) {
        fprintf(stderr, "usage: echo_by_name NAME PORT\n");
        return 2;
    }
    parse_number(argv[2], 1, 65535, "port");
    check_name(argv[1]);
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
        write_address(one, address);
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

    /* 3. From here on it is echo_client.c. */
    return echo_input(sock_fd);
}

/* Returns the program's status. */
static int echo_input(int sock_fd)
{
    /* A terminal hands over a line at a time, a pipe what it holds. */
    char sent[16 * 1024], received[sizeof sent];
    ssize_t count;
    while ((count = read(STDIN_FILENO, sent, sizeof sent)) > 0) {
        size_t length = (size_t)count;
        if (write_all(sock_fd, sent, length) == -1)
            die("write");

        /* One write may come back in many pieces: collect them all. */
        size_t back = read_all(sock_fd, received, length);
        if (back < length) {
            fprintf(stderr,
                    "echo_by_name: the server left after %zu of %zu bytes\n",
                    back, length);
            return 1;
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

    /* End our half. The server reads 0, ends the other, and we read 0. */
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
    return 0;
}

/* 127.0.0.1:9190, [::1]:9190, or [fe80::1%eth0]:9190 */
static void write_address(const struct addrinfo *one, char *address)
{
    char ip[IP_SIZE], port[6];
    int error = getnameinfo(one->ai_addr, one->ai_addrlen, ip, sizeof ip, port,
                            sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    if (error)
        snprintf(address, NAME_SIZE, "%.40s", gai_error_name(error));
    else
        snprintf(address, NAME_SIZE, strchr(ip, ':') ? "[%s]:%s" : "%s:%s", ip,
                 port);
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <fcntl.h>
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
    fprintf(stderr, "echo_by_name: %s: %s\n", call, strerror(errno));
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
        fprintf(stderr, "echo_by_name: not a %s ", what);
        fprintf(stderr, "(%lu to %lu): \"%.40s\"\n", least, most, text);
        exit(2);
    }
    return (unsigned long)number;
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
    errno = ETIMEDOUT; /* unless poll itself fails, and says why */
    if (poll(&wanted, 1, PATIENCE) != 1)
        die("poll");
}

/* One write may arrive in many pieces: collect count bytes, as echo_client.c
 * of chapter 3 does. Fewer only if the other end has ended. */
static size_t read_all(int fd, char *bytes, size_t count)
{
    size_t have = 0;
    ssize_t more = 1;
    while (have < count && more > 0) {
        await_bytes(fd);
        more = read(fd, bytes + have, count - have);
        if (more == -1)
            die("read");
        have += (size_t)more;
    }
    return have;
}

/* Nothing, or more than DNS could carry, is not worth asking for. */
static void check_name(const char *name)
{
    if (!*name || strlen(name) > 253) {
        fprintf(stderr, "echo_by_name: not a name: \"%.40s\"\n", name);
        exit(2);
    }
}

/* These errors are not errno's. gai_strerror has words, but not the name. */
static const char *gai_error_name(int error)
{
    static const struct {
        int number;
        const char *name;
    } errors[] = {
        {EAI_NONAME, "EAI_NONAME, there is no such name"},
#ifdef __linux__ /* POSIX does not know it, so netdb.h does not show it */
        {-5, "EAI_NODATA, the name is there, but has no address"},
#endif
        {EAI_AGAIN, "EAI_AGAIN, no name server could tell; later one may"},
        {EAI_FAIL, "EAI_FAIL, the name server cannot answer this"},
        {EAI_SERVICE, "EAI_SERVICE, there is no such service"},
        {EAI_FAMILY, "EAI_FAMILY, no such kind of address"},
        {EAI_SOCKTYPE, "EAI_SOCKTYPE, no such type of socket"},
        {EAI_BADFLAGS, "EAI_BADFLAGS, flags that do not go together"},
        {EAI_OVERFLOW, "EAI_OVERFLOW, the name is too long"},
        {EAI_MEMORY, "EAI_MEMORY, out of memory"},
    };
    static char text[100];
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].number == error)
            return errors[i].name;
    if (error != EAI_SYSTEM)
        return gai_strerror(error);
    snprintf(text, sizeof text, "EAI_SYSTEM, %s",
             errno ? strerror(errno) : "and errno has no reason");
    return text;
}
