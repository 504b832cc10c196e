/*
 * early_thanks_client.c - say thanks first, and read the file later.
 *
 * The two directions are independent. That goes well with a server that hears
 * its client out, and costs the file with one that does not. -w: wait for Enter
 * first, for a server that has closed by then.
 *
 * Calls   socket -> setsockopt -> connect -> write -> read ... -> close
 * Try     cc early_thanks_client.c -o early_thanks_client
 *         ./early_thanks_client 127.0.0.1 9190
 * See     how many bytes of the file came
 * Pair    file_server.c, hasty_file_server.c
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5 * 60 * 1000 }; /* ms without a byte from the server */

static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static long long read_length(int fd);
static void wait_for_enter(void);

int main(int argc, char *argv[])
{
    standard_streams();
    int waits = argc > 1 && strcmp(argv[1], "-w") == 0;
    argc -= waits;
    argv += waits;
    if (argc != 3) {
        fprintf(stderr, "usage: early_thanks_client [-w] ADDRESS PORT\n");
        return 2;
    }
    struct sockaddr_storage server_addr;
    socklen_t addr_len = parse_address(argv[1], argv[2], 1, &server_addr);
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */

    /* 1. A stream socket, with little room to receive; 2. the handshake. */
    int sock_fd = socket(server_addr.ss_family, SOCK_STREAM, 0);
    if (sock_fd == -1)
        die("socket");
    int room = 3000; /* soon full: the server is to be ahead of us */
    if (setsockopt(sock_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == -1)
        die("setsockopt SO_RCVBUF");
    if (connect(sock_fd, (struct sockaddr *)&server_addr, addr_len) == -1)
        die("connect %s port %s", argv[1], argv[2]);

    /* 3. Speak first. */
    if (waits) {
        printf("connected; press Enter to say thanks\n");
        wait_for_enter();
    }
    const char thanks[] = "Thank you\n";
    if (write_all(sock_fd, thanks, strlen(thanks)) == -1)
        die("write");
    printf("sent %zu bytes of thanks; press Enter to read\n", strlen(thanks));
    wait_for_enter();

    /* 4. Now read what there is, to whatever end. */
    long long length = read_length(sock_fd), received = 0;
    char buffer[64 * 1024];
    ssize_t count;
    do {
        await_bytes(sock_fd);
        count = read(sock_fd, buffer, sizeof buffer);
        received += count > 0 ? count : 0;
    } while (count > 0 && received <= length); /* more was not announced */
    int error = errno;
    printf("received %lld of %lld bytes, then read = %zd\n", received, length,
           count);
    if (count == -1) {
        errno = error;
        die("read");
    }
    close(sock_fd);
    if (received == length)
        return 0;
    fprintf(stderr, "early_thanks_client: this is not the file\n");
    return 1;
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
    fprintf(stderr, "early_thanks_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("early_thanks_client: standard output");
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

/* Both as typed; only where least is 0 the system may choose the port. */
static socklen_t parse_address(const char *ip, const char *port, int least,
                               struct sockaddr_storage *addr)
{
    struct sockaddr_in *v4 = memset(addr, 0, sizeof *addr);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
    long number = strtol(port, NULL, 10);
    int is_port = *port && !port[strspn(port, "0123456789")] &&
                  number >= least && number <= 65535;
    sa_family_t family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    void *bytes = family == AF_INET ? (void *)&v4->sin_addr : &v6->sin6_addr;
    v4->sin_family = family; /* it and the port have one place in both */
    v4->sin_port = htons((uint16_t)number);
    if (is_port && inet_pton(family, ip, bytes) == 1)
        return family == AF_INET ? sizeof *v4 : sizeof *v6;
    fprintf(stderr, "early_thanks_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
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

/* Digits and a newline, so that it can be read with nc, too. */
static long long read_length(int fd)
{
    char text[20];
    for (size_t digits = 0; digits < sizeof text; digits++) {
        await_bytes(fd);
        ssize_t count = read(fd, text + digits, 1);
        if (count == -1)
            die("read");
        if (count == 1 && text[digits] == '\n' && digits > 0)
            return strtoll(text, NULL, 10);
        if (count == 0 || text[digits] < '0' || text[digits] > '9')
            break; /* nothing we could understand */
    }
    fprintf(stderr, "early_thanks_client: the server announced no length\n");
    exit(1);
}

/* At the end of input there is nobody to press it: go on at once. */
static void wait_for_enter(void)
{
    for (int key = 0; key != '\n' && !feof(stdin);)
        if ((key = getchar()) == EOF && ferror(stdin))
            die("read standard input");
}
