/*
 * file_client.c - fetch a file, see its end by read = 0, and say thanks.
 *
 * The server says the length first. A killed server's system sends an end,
 * too: only a file of the announced length is a file, anything else is not
 * kept. It grows under a temporary name and is renamed when it is whole.
 *
 * Calls   socket -> connect -> read ... read = 0 -> write -> close
 * Try     cc file_client.c -o file_client && ./file_client 127.0.0.1 9190 copy
 * See     the end of the file after as many bytes as were announced
 * Pair    file_server.c
 */
#define _XOPEN_SOURCE 700    /* realpath */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GB on small systems, too */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE = 5 * 60 * 1000 }; /* ms without a byte from the server */

/* Where the file grows: global, for the signal handler must find it. And what
 * it is to replace. */
static char temporary[4096];
static char *target;

static int create_file(const char *output);
static _Noreturn void die(const char *format, ...);
static void standard_streams(void);
static int connect_to(int type, const char *ip, const char *port);
static ssize_t write_all(int fd, const char *bytes, size_t count);
static void await_bytes(int fd);
static long long read_length(int fd);

int main(int argc, char *argv[])
{
    standard_streams();
    if (argc != 4 || !*argv[3]) {
        fprintf(stderr, "usage: file_client ADDRESS PORT OUTPUT\n");
        return 2;
    }
    const char *output = argv[3];
    signal(SIGPIPE, SIG_IGN); /* let write say that the server has gone */
    signal(SIGXFSZ, SIG_IGN); /* or that the file is larger than allowed */

    /* 1. A connection. */
    int sock_fd = connect_to(SOCK_STREAM, argv[1], argv[2]);

    /* 2. How much will come? */
    long long length = read_length(sock_fd), received = 0;
    printf("%lld bytes announced\n", length);
    int file_fd = create_file(output);

    /* 3. Read until the server ends its half, in whatever pieces it comes. */
    static char buffer[256 * 1024];
    ssize_t count = 0;
    while (received <= length) { /* more than announced: no need to see it */
        await_bytes(sock_fd);
        count = read(sock_fd, buffer, sizeof buffer);
        if (count <= 0)
            break;
        if (write_all(file_fd, buffer, (size_t)count) == -1)
            die("write %.200s", output);
        received += count;
    }
    if (count == -1)
        die("read after %lld of %lld bytes", received, length);
    if (count == 0)
        printf("read = 0 after %lld bytes: the end\n", received);

    /* 4. An end is not yet a whole file. */
    if (received != length) {
        fprintf(stderr, "file_client: %lld of %lld bytes came: not kept\n",
                received, length);
        return 1;
    }
    if (close(file_fd) == -1)
        die("close %.200s", output);
    if (*temporary && rename(temporary, target) == -1)
        die("rename to %.200s", output);
    *temporary = '\0'; /* it has its real name now */
    printf("saved as %.200s\n", output);

    /* 5. Our own half is still open: the server waits for this. */
    const char thanks[] = "Thank you\n";
    if (write_all(sock_fd, thanks, strlen(thanks)) == -1)
        die("write thanks");
    printf("sent %zu bytes of thanks\n", strlen(thanks));
    close(sock_fd);
    return 0;
}

/* However this program ends: no half file. */
static void remove_temporary(void)
{
    if (*temporary)
        unlink(temporary);
}

/* Ctrl-C: the same, and then die of it. */
static void remove_and_end(int signal_number)
{
    remove_temporary();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* What is at OUTPUT is treated as cp treats it: a link is followed, what is
 * protected stays as it is, owner and mode are kept, a device or a pipe is
 * written to. A file grows beside the old one, so that rename need not copy. */
static int create_file(const char *output)
{
    struct stat old = {.st_mode = 0};
    int file_fd = open(output, O_WRONLY);
    if (file_fd == -1 && (errno != ENOENT || lstat(output, &old) == 0))
        die("open %.200s", output); /* a link to nothing, too */
    if (file_fd != -1 && fstat(file_fd, &old) == -1)
        die("fstat");
    if (file_fd != -1 && !S_ISREG(old.st_mode))
        return file_fd;
    if (file_fd != -1)
        close(file_fd);
    target = file_fd == -1 ? strdup(output) : realpath(output, NULL);
    if (!target)
        die("realpath %.200s", output);
    if (snprintf(temporary, sizeof temporary, "%s.%ld.part", target,
                 (long)getpid()) >= (int)sizeof temporary) {
        *temporary = '\0';
        errno = ENAMETOOLONG;
        die("open %.200s", output);
    }

    /* First the end is taken care of, then there is something to remove. */
    atexit(remove_temporary);
    int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signal(signals[i], SIG_IGN) != SIG_IGN) /* nohup's stays so */
            signal(signals[i], remove_and_end);
    file_fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file_fd == -1) {
        *temporary = '\0'; /* not ours */
        die("open %.200s", output);
    }
    if (old.st_mode != 0 && (fchown(file_fd, old.st_uid, old.st_gid) == -1 ||
                             fchmod(file_fd, old.st_mode & 07777) == -1))
        die("keep owner and mode of %.200s", output);
    return file_fd;
}

/* ---- The same in every program of this suite (tests/common) ---- */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>

/* The call that failed, and why. */
static _Noreturn void die(const char *format, ...)
{
    char call[300];
    va_list values;
    va_start(values, format);
    vsnprintf(call, sizeof call, format, values);
    va_end(values);
    fprintf(stderr, "file_client: %s: %s\n", call, strerror(errno));
    exit(1);
}

/* What could not be printed is not lost in silence. */
static void check_output(void)
{
    errno = EIO; /* unless one more byte fails, too, and says why */
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    putchar('\n');
    perror("file_client: standard output");
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
    fprintf(stderr, "file_client: not ");
    if (is_port)
        fprintf(stderr, "an IP address (like 127.0.0.1, ::1): \"%.40s\"\n", ip);
    else
        fprintf(stderr, "a port (%d to 65535): \"%.40s\"\n", least, port);
    exit(2);
}

/* socket and connect, which echo_client.c of chapter 3 shows. */
static int connect_to(int type, const char *ip, const char *port)
{
    struct sockaddr_storage addr;
    socklen_t addr_len = parse_address(ip, port, 1, &addr);
    int sock_fd = socket(addr.ss_family, type, 0);
    if (sock_fd == -1)
        die("socket");
    if (connect(sock_fd, (struct sockaddr *)&addr, addr_len) == -1)
        die("connect %s port %s", ip, port);
    return sock_fd;
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
    fprintf(stderr, "file_client: the server announced no length\n");
    exit(1);
}
